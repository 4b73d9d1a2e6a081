// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/INET_Addr.h>

#include <algorithm>

#include "IP_Literal.h"

namespace strata {
inline namespace v1 {

INET_Addr::INET_Addr(std::span<const std::uint8_t, 4> address, std::uint16_t port) noexcept : port_(port) {
  std::copy(address.begin(), address.end(), address_.begin());
}

INET_Addr::INET_Addr(std::span<const std::uint8_t, 16> address, std::uint16_t port, std::uint32_t scope) noexcept
    : family_(os::Family::ipv6), scope_(scope), port_(port) {
  std::copy(address.begin(), address.end(), address_.begin());
}

Result<INET_Addr> INET_Addr::parse(std::string_view text) noexcept {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(std::errc::invalid_argument);
  const auto port = parse_number(text.substr(colon + 1), 65535);
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  if (!port || brackets != host.contains(':')) return fail(std::errc::invalid_argument);
  return parse(host, static_cast<std::uint16_t>(*port));
}

Result<INET_Addr> INET_Addr::parse(std::string_view host, std::uint16_t port) noexcept {
  if (const auto v4 = parse_ipv4(host)) return INET_Addr(*v4, port);
  const std::size_t percent = host.find('%');
  const auto v6 = parse_ipv6(host.substr(0, percent));
  if (!v6) return fail(std::errc::invalid_argument);
  if (percent == std::string_view::npos) return INET_Addr(*v6, port);
  const auto scope = parse_number(host.substr(percent + 1));
  if (!scope || *scope == 0) return fail(std::errc::invalid_argument);
  return INET_Addr(*v6, port, *scope);
}

Result<INET_Addr> INET_Addr::from(const os::Socket_Address& address) noexcept {
  const std::span<const std::uint8_t> bytes = address.address();
  if (bytes.size() == 4) return INET_Addr(bytes.first<4>(), address.port());
  if (bytes.size() == 16) return INET_Addr(bytes.first<16>(), address.port(), address.scope());
  return fail(std::errc::address_family_not_supported);
}

os::Socket_Address INET_Addr::native() const noexcept {
  const std::span<const std::uint8_t, 16> bytes = address_;
  return is_ipv6() ? os::Socket_Address::ipv6(bytes, port_, scope_) : os::Socket_Address::ipv4(bytes.first<4>(), port_);
}

std::string INET_Addr::host_text() const {
  const std::span<const std::uint8_t, 16> bytes = address_;
  if (!is_ipv6()) return ipv4_text(bytes.first<4>());
  return scope_ == 0 ? ipv6_text(bytes) : ipv6_text(bytes) + '%' + std::to_string(scope_);
}

std::string INET_Addr::to_text() const {
  const std::string host = host_text();
  return (is_ipv6() ? '[' + host + ']' : host) + ':' + std::to_string(port_);
}

bool INET_Addr::is_any() const noexcept { return address_ == std::array<std::uint8_t, 16>{}; }

bool INET_Addr::is_loopback() const noexcept {
  return is_ipv6() ? address_ == std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
                   : address_[0] == 127;
}

std::span<const std::uint8_t> INET_Addr::address() const noexcept {
  return std::span(address_).first(is_ipv6() ? 16 : 4);
}

std::size_t INET_Addr::hash() const noexcept {
  std::array<std::uint8_t, 23> key{};
  std::copy(address_.begin(), address_.end(), key.begin());
  for (std::size_t i = 0; i < 4; ++i) key[16 + i] = static_cast<std::uint8_t>(scope_ >> 8 * i);
  key[20] = static_cast<std::uint8_t>(port_ & 0xff);
  key[21] = static_cast<std::uint8_t>(port_ >> 8);
  key[22] = static_cast<std::uint8_t>(family_);
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.data()), key.size()});
}

}  // namespace v1
}  // namespace strata
