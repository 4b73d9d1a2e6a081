// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Socket_Address.h>

#include <algorithm>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace strata::inline v1::os {
namespace {

static_assert(sizeof(sockaddr_un) <= Socket_Address::capacity);
static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
constexpr std::size_t port_offset = offsetof(sockaddr_in, sin_port);
constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);

template <class Sockaddr>
Socket_Address made(const Sockaddr& from) noexcept {
  Socket_Address address;
  std::memcpy(address.data(), &from, sizeof from);
  address.set_size(sizeof from);
  return address;
}

template <class Value>
Value value_at(const Socket_Address& address, std::size_t offset) noexcept {
  Value value;
  std::memcpy(&value, static_cast<const std::byte*>(address.data()) + offset, sizeof value);
  return value;
}

bool internet(Family family) noexcept { return family == Family::ipv4 || family == Family::ipv6; }

}  // namespace

Socket_Address Socket_Address::ipv4(std::span<const std::uint8_t, 4> address, std::uint16_t port) noexcept {
  sockaddr_in made_of{};
  made_of.sin_family = AF_INET;
  made_of.sin_port = htons(port);
  std::memcpy(&made_of.sin_addr, address.data(), address.size());
  return made(made_of);
}

Socket_Address Socket_Address::ipv6(std::span<const std::uint8_t, 16> address, std::uint16_t port,
                                    std::uint32_t scope) noexcept {
  sockaddr_in6 made_of{};
  made_of.sin6_family = AF_INET6;
  made_of.sin6_port = htons(port);
  made_of.sin6_scope_id = scope;
  std::memcpy(&made_of.sin6_addr, address.data(), address.size());
  return made(made_of);
}

Result<Socket_Address> Socket_Address::local(std::string_view path) noexcept {
  if (path.empty()) return fail(std::errc::invalid_argument);
  const bool abstract = path.front() == '\0';
  if (!abstract && path.find('\0') != path.npos) return fail(std::errc::invalid_argument);
  sockaddr_un made_of{};
  if (path.size() >= sizeof made_of.sun_path) return fail(std::errc::filename_too_long);
  made_of.sun_family = AF_UNIX;
  std::memcpy(made_of.sun_path, path.data(), path.size());
  Socket_Address address = made(made_of);
  address.set_size(static_cast<std::uint32_t>(path_offset + path.size() + (abstract ? 0 : 1)));
  return address;
}

Family Socket_Address::family() const noexcept {
  if (size_ < sizeof(sa_family_t)) return Family::unspecified;
  switch (value_at<sa_family_t>(*this, offsetof(sockaddr, sa_family))) {
    case AF_INET: return Family::ipv4;
    case AF_INET6: return Family::ipv6;
    case AF_UNIX: return Family::local;
    default: return Family::unspecified;
  }
}

std::uint16_t Socket_Address::port() const noexcept {
  return internet(family()) ? ntohs(value_at<in_port_t>(*this, port_offset)) : std::uint16_t{0};
}

void Socket_Address::set_port(std::uint16_t port) noexcept {
  if (!internet(family())) return;
  const in_port_t in_network_order = htons(port);
  std::memcpy(storage_.data() + port_offset, &in_network_order, sizeof in_network_order);
}

std::span<const std::uint8_t> Socket_Address::address() const noexcept {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(storage_.data());
  switch (family()) {
    case Family::ipv4: return {bytes + offsetof(sockaddr_in, sin_addr), sizeof(in_addr)};
    case Family::ipv6: return {bytes + offsetof(sockaddr_in6, sin6_addr), sizeof(in6_addr)};
    default: return {};
  }
}

std::uint32_t Socket_Address::scope() const noexcept {
  return family() == Family::ipv6 ? value_at<std::uint32_t>(*this, offsetof(sockaddr_in6, sin6_scope_id)) : 0;
}

std::string_view Socket_Address::path() const noexcept {
  if (family() != Family::local || size_ <= path_offset) return {};
  const std::string_view path{reinterpret_cast<const char*>(storage_.data()) + path_offset, size_ - path_offset};
  return path.front() == '\0' ? path : path.substr(0, path.find('\0'));
}

bool operator==(const Socket_Address& a, const Socket_Address& b) noexcept {
  return a.family() == b.family() && a.port() == b.port() && std::ranges::equal(a.address(), b.address()) &&
         a.scope() == b.scope() && a.path() == b.path();
}

}  // namespace strata::inline v1::os
