// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/os/Socket_Address.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// The address of a UNIX socket: a path, a name in Linux's abstract space, or none (what most peers have). A value.
/// Source: unix(7). @threads any
class UNIX_Addr {
 public:
  UNIX_Addr() noexcept = default;  ///< unnamed

  /// "/run/echo.sock", or "@echo" for an abstract name. Errors: filename_too_long (over 107 bytes), invalid_argument
  /// (empty, or a NUL inside).
  static Result<UNIX_Addr> parse(std::string_view text);
  /// Errors: address_family_not_supported for anything but a UNIX socket's.
  static Result<UNIX_Addr> from(const os::Socket_Address& address);

  Result<os::Socket_Address> native() const noexcept;  ///< invalid_argument for an unnamed one
  std::string to_text() const;                         ///< as parsed; empty for an unnamed one

  bool unnamed() const noexcept { return path_.empty(); }
  bool is_abstract() const noexcept { return path_.starts_with('\0'); }

  friend auto operator<=>(const UNIX_Addr&, const UNIX_Addr&) noexcept = default;
  std::size_t hash() const noexcept { return std::hash<std::string>{}(path_); }

 private:
  explicit UNIX_Addr(std::string path) noexcept : path_(std::move(path)) {}
  std::string path_;  // as the kernel has it: an abstract name starts with NUL
};

}  // namespace v1
}  // namespace strata

template <>
struct std::hash<strata::UNIX_Addr> {
  std::size_t operator()(const strata::UNIX_Addr& address) const noexcept { return address.hash(); }
};
