// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Address_Text.h>

#include <strata/wrappers/INET_Addr.h>
#include <strata/wrappers/UNIX_Addr.h>

namespace strata {
inline namespace v1 {

std::string to_text(const os::Socket_Address& address) {
  if (const auto inet = INET_Addr::from(address)) return inet->to_text();
  if (const auto local = UNIX_Addr::from(address)) return local->unnamed() ? "unnamed" : local->to_text();
  return "unspecified";
}

}  // namespace v1
}  // namespace strata
