// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/UNIX_Addr.h>

namespace strata {
inline namespace v1 {

Result<UNIX_Addr> UNIX_Addr::parse(std::string_view text) {
  std::string path(text);
  if (text == "@" || text.contains('\0')) return fail(std::errc::invalid_argument);
  if (text.starts_with('@')) path.front() = '\0';
  if (const auto valid = os::Socket_Address::local(path); !valid) return fail(valid.error());
  return UNIX_Addr(std::move(path));
}

Result<UNIX_Addr> UNIX_Addr::from(const os::Socket_Address& address) {
  if (address.family() != os::Family::local) return fail(std::errc::address_family_not_supported);
  return UNIX_Addr(std::string(address.path()));
}

Result<os::Socket_Address> UNIX_Addr::native() const noexcept { return os::Socket_Address::local(path_); }

std::string UNIX_Addr::to_text() const {
  std::string text = path_;
  if (is_abstract()) text.front() = '@';
  return text;
}

}  // namespace v1
}  // namespace strata
