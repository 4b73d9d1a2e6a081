// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/os/Socket_Address.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// An IPv4 or IPv6 address with its port: a value of 24 bytes, a fifth of a Socket_Address. Ordered by family, address,
/// scope, port. @threads any
class INET_Addr {
 public:
  INET_Addr() noexcept = default;  ///< 0.0.0.0:0
  INET_Addr(std::span<const std::uint8_t, 4> address, std::uint16_t port) noexcept;
  INET_Addr(std::span<const std::uint8_t, 16> address, std::uint16_t port, std::uint32_t scope = 0) noexcept;

  /// "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80": numbers only, strictly. Errors: invalid_argument.
  static Result<INET_Addr> parse(std::string_view text) noexcept;
  /// The address alone, without brackets: "127.0.0.1", "::1", "fe80::1%2". Errors: invalid_argument.
  static Result<INET_Addr> parse(std::string_view host, std::uint16_t port) noexcept;
  /// Errors: address_family_not_supported for anything but IPv4 and IPv6.
  static Result<INET_Addr> from(const os::Socket_Address& address) noexcept;

  os::Socket_Address native() const noexcept;
  std::string to_text() const;    ///< "127.0.0.1:80", "[fe80::1%2]:80"; canonical (RFC 5952, RFC 4007 section 11)
  std::string host_text() const;  ///< "127.0.0.1", "fe80::1%2"

  bool is_ipv6() const noexcept { return family_ == os::Family::ipv6; }
  bool is_any() const noexcept;                            ///< 0.0.0.0 or ::
  bool is_loopback() const noexcept;                       ///< 127.0.0.0/8 or ::1
  std::span<const std::uint8_t> address() const noexcept;  ///< 4 or 16 bytes, network order
  std::uint32_t scope() const noexcept { return scope_; }  ///< the interface's index, 0 for none
  std::uint16_t port() const noexcept { return port_; }
  void set_port(std::uint16_t port) noexcept { port_ = port; }

  std::size_t hash() const noexcept;
  friend auto operator<=>(const INET_Addr&, const INET_Addr&) noexcept = default;

 private:
  os::Family family_ = os::Family::ipv4;
  std::array<std::uint8_t, 16> address_{};
  std::uint32_t scope_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace v1
}  // namespace strata

template <>
struct std::hash<strata::INET_Addr> {
  std::size_t operator()(const strata::INET_Addr& address) const noexcept { return address.hash(); }
};
