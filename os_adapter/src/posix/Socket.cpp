// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "posix/Native.h"

namespace strata::inline v1::os::native {
namespace {

const sockaddr* address_of(const Socket_Address& address) noexcept {
  return static_cast<const sockaddr*>(address.data());
}

/// For getsockname(2) and getpeername(2). The kernel's answer may be longer than what it was given room for.
template <class Call>
Raw filled(Call call, Handle handle, Socket_Address& address) {
  socklen_t size = Socket_Address::capacity;
  if (call(handle.value(), static_cast<sockaddr*>(address.data()), &size) != 0) return -Raw{errno};
  address.set_size(std::min<socklen_t>(size, Socket_Address::capacity));
  return 0;
}

struct Option_Name {
  int level;
  int name;
};

Option_Name name_of(Socket_Option option) noexcept {
  switch (option) {
    case Socket_Option::reuse_address: return {SOL_SOCKET, SO_REUSEADDR};
    case Socket_Option::reuse_port: return {SOL_SOCKET, SO_REUSEPORT};
    case Socket_Option::v6_only: return {IPPROTO_IPV6, IPV6_V6ONLY};
    case Socket_Option::no_delay: return {IPPROTO_TCP, TCP_NODELAY};
    case Socket_Option::keep_alive: return {SOL_SOCKET, SO_KEEPALIVE};
    case Socket_Option::send_buffer: return {SOL_SOCKET, SO_SNDBUF};
    case Socket_Option::receive_buffer: return {SOL_SOCKET, SO_RCVBUF};
    case Socket_Option::broadcast: return {SOL_SOCKET, SO_BROADCAST};
    case Socket_Option::accepting: return {SOL_SOCKET, SO_ACCEPTCONN};
    case Socket_Option::datagrams: return {SOL_SOCKET, SO_TYPE};
    case Socket_Option::pending_error: return {SOL_SOCKET, SO_ERROR};
    case Socket_Option::multicast_loop:
    case Socket_Option::multicast_hops:
    case Socket_Option::linger:
    case Socket_Option::defer_accept: break;
  }
  return {-1, -1};
}

Raw set_linger(Handle handle, int seconds) {
  const struct linger value {.l_onoff = seconds >= 0 ? 1 : 0, .l_linger = std::max(seconds, 0)};
  return raw_of(setsockopt(handle.value(), SOL_SOCKET, SO_LINGER, &value, sizeof value));
}

}  // namespace

int domain_of(Family family) noexcept {
  switch (family) {
    case Family::ipv4: return AF_INET;
    case Family::ipv6: return AF_INET6;
    case Family::local: return AF_UNIX;
    case Family::unspecified: break;
  }
  return AF_UNSPEC;
}

int type_of(Socket_Kind kind) noexcept { return kind == Socket_Kind::stream ? SOCK_STREAM : SOCK_DGRAM; }

Raw bind(Handle handle, const Socket_Address& address) {
  return raw_of(::bind(handle.value(), address_of(address), address.size()));
}

Raw listen(Handle handle, int backlog) { return raw_of(::listen(handle.value(), backlog)); }

Raw connect(Handle handle, const Socket_Address& address) {
  return raw_of(::connect(handle.value(), address_of(address), address.size()));
}

Raw send_gathered(Handle handle, const Const_Bytes* parts, std::size_t count) {
  std::array<iovec, max_gather> vector;
  count = std::min(count, vector.size());
  for (std::size_t i = 0; i < count; ++i) {
    vector[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};  // sendmsg(2) only reads it
  }
  msghdr message{};
  message.msg_iov = vector.data();
  message.msg_iovlen = count;
  return raw_of(::sendmsg(handle.value(), &message, MSG_NOSIGNAL));
}

Raw shutdown(Handle handle, Shutdown how) {
  static_assert(SHUT_RD == static_cast<int>(Shutdown::receive) && SHUT_WR == static_cast<int>(Shutdown::send));
  static_assert(SHUT_RDWR == static_cast<int>(Shutdown::both));
  return raw_of(::shutdown(handle.value(), static_cast<int>(how)));
}

Raw set_integer_option(Handle handle, int level, int name, int value) {
  return raw_of(setsockopt(handle.value(), level, name, &value, sizeof value));
}

Raw get_integer_option(Handle handle, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(handle.value(), level, name, &value, &size) != 0) return -Raw{errno};
  return value;
}

Raw set_option(Handle handle, Socket_Option option, int value) {
  if (option == Socket_Option::linger) return set_linger(handle, value);
  const Option_Name name = name_of(option);
  if (name.level < 0) return -Raw{ENOPROTOOPT};
  return set_integer_option(handle, name.level, name.name, value);
}

Raw get_option(Handle handle, Socket_Option option) {
  const Option_Name name = name_of(option);
  if (name.level < 0) return -Raw{ENOPROTOOPT};
  const Raw value = get_integer_option(handle, name.level, name.name);
  return option == Socket_Option::datagrams && value >= 0 ? Raw{value == SOCK_DGRAM} : value;
}

Raw local_address(Handle handle, Socket_Address& address) { return filled(::getsockname, handle, address); }
Raw peer_address(Handle handle, Socket_Address& address) { return filled(::getpeername, handle, address); }

}  // namespace strata::inline v1::os::native
