// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

Raw linux_socket(Family family, Socket_Kind kind) {
  if (family == Family::unspecified) return -Raw{EAFNOSUPPORT};
  return raw_of(::socket(domain_of(family), type_of(kind) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

Raw linux_socket_pair(Handle pair[2]) {
  int made[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, made) != 0) return -Raw{errno};
  pair[0] = Handle{made[0]};
  pair[1] = Handle{made[1]};
  return 0;
}

Raw linux_accept(Handle handle, Socket_Address* peer) {
  constexpr int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  if (peer == nullptr) return raw_of(::accept4(handle.value(), nullptr, nullptr, flags));
  socklen_t size = Socket_Address::capacity;
  const Raw raw = raw_of(::accept4(handle.value(), static_cast<sockaddr*>(peer->data()), &size, flags));
  if (raw >= 0) peer->set_size(std::min<socklen_t>(size, Socket_Address::capacity));
  return raw;
}

// Straight to the kernel: in a process with threads libc's recv and send are cancellation points, two locked
// instructions each (pthreads(7)), and nothing here is ever cancelled.
Raw linux_receive(Handle handle, std::byte* data, std::size_t size) {
  return raw_of(::syscall(SYS_recvfrom, handle.value(), data, size, 0, nullptr, nullptr));
}

Raw linux_send(Handle handle, const std::byte* data, std::size_t size) {
  return raw_of(::syscall(SYS_sendto, handle.value(), data, size, MSG_NOSIGNAL, nullptr, 0));
}

/// Each family has its own name for it, and refuses the other's.
struct Multicast_Option {
  int level;
  int name;
};

static Multicast_Option multicast_option(Handle handle, Socket_Option option) {
  const bool v6 = get_integer_option(handle, SOL_SOCKET, SO_DOMAIN) == AF_INET6;
  const bool loop = option == Socket_Option::multicast_loop;
  return v6 ? Multicast_Option{IPPROTO_IPV6, loop ? IPV6_MULTICAST_LOOP : IPV6_MULTICAST_HOPS}
            : Multicast_Option{IPPROTO_IP, loop ? IP_MULTICAST_LOOP : IP_MULTICAST_TTL};
}

static bool is_multicast(Socket_Option option) {
  return option == Socket_Option::multicast_loop || option == Socket_Option::multicast_hops;
}

Raw linux_set_option(Handle handle, Socket_Option option, int value) {
  if (option == Socket_Option::defer_accept) {
    return set_integer_option(handle, IPPROTO_TCP, TCP_DEFER_ACCEPT, value);
  }
  if (is_multicast(option)) {
    const Multicast_Option name = multicast_option(handle, option);
    return set_integer_option(handle, name.level, name.name, value);
  }
  return native::set_option(handle, option, value);
}

Raw linux_get_option(Handle handle, Socket_Option option) {
  if (option == Socket_Option::defer_accept) return get_integer_option(handle, IPPROTO_TCP, TCP_DEFER_ACCEPT);
  if (is_multicast(option)) {
    const Multicast_Option name = multicast_option(handle, option);
    return get_integer_option(handle, name.level, name.name);
  }
  return native::get_option(handle, option);
}

}  // namespace strata::inline v1::os::native
