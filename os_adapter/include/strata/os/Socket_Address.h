// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

enum class Family : std::uint8_t { unspecified, ipv4, ipv6, local };

class Socket_Address;
bool operator==(const Socket_Address& a, const Socket_Address& b) noexcept;  // here: a friend alone is not offered

/// The bytes of a sockaddr, as the kernel wants them, with its parts by name. A value. Text forms live above, in
/// INET_Addr and UNIX_Addr.
class Socket_Address {
 public:
  static constexpr std::size_t capacity = 112;  ///< sockaddr_un, the longest of the three, has 110

  Socket_Address() noexcept = default;  ///< family() == unspecified
  static Socket_Address ipv4(std::span<const std::uint8_t, 4> address, std::uint16_t port) noexcept;
  static Socket_Address ipv6(std::span<const std::uint8_t, 16> address, std::uint16_t port,
                             std::uint32_t scope = 0) noexcept;
  /// A path of 1 to 107 bytes; one that starts with NUL is in Linux's abstract name space (unix(7)).
  /// Errors: filename_too_long, invalid_argument (empty, or a NUL inside a path).
  static Result<Socket_Address> local(std::string_view path) noexcept;

  Family family() const noexcept;
  std::uint16_t port() const noexcept;                         ///< host order; 0 where there is none
  void set_port(std::uint16_t port) noexcept;                  ///< ipv4 and ipv6
  std::span<const std::uint8_t> address() const noexcept;      ///< 4 or 16 bytes, network order; else empty
  std::uint32_t scope() const noexcept;                        ///< ipv6 scope id (interface), else 0
  std::string_view path() const noexcept;                      ///< local: the path; empty for an unnamed socket

  const void* data() const noexcept { return storage_.data(); }  ///< a sockaddr
  void* data() noexcept { return storage_.data(); }
  std::uint32_t size() const noexcept { return size_; }          ///< bytes of the sockaddr in use
  void set_size(std::uint32_t size) noexcept { size_ = size; }   ///< after the kernel has filled data()

  friend bool operator==(const Socket_Address& a, const Socket_Address& b) noexcept;

 private:
  alignas(8) std::array<std::byte, capacity> storage_{};
  std::uint32_t size_ = 0;
};

}  // namespace os
}  // namespace v1
}  // namespace strata
