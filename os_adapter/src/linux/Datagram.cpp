// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Datagram.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

Raw receive_datagrams(Handle handle, Datagram_In* slots, std::size_t count) {
  std::array<mmsghdr, max_datagrams> messages{};
  std::array<iovec, max_datagrams> parts;
  for (std::size_t i = 0; i < count; ++i) {
    parts[i] = {slots[i].buffer.data(), slots[i].buffer.size()};
    messages[i].msg_hdr = {.msg_name = slots[i].peer.data(), .msg_namelen = Socket_Address::capacity,
                           .msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = nullptr, .msg_controllen = 0,
                           .msg_flags = 0};
  }
  const int came = ::recvmmsg(handle.value(), messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
  for (int i = 0; i < came; ++i) {
    const mmsghdr& message = messages[static_cast<std::size_t>(i)];
    Datagram_In& slot = slots[i];
    slot.size = message.msg_len;
    slot.truncated = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    slot.peer.set_size(std::min<socklen_t>(message.msg_hdr.msg_namelen, Socket_Address::capacity));
  }
  return raw_of(came);
}

Raw send_datagrams(Handle handle, const Datagram_Out* datagrams, std::size_t count) {
  std::array<mmsghdr, max_datagrams> messages{};
  std::array<iovec, max_datagrams> parts;
  for (std::size_t i = 0; i < count; ++i) {  // sendmsg(2) only reads what it is given
    parts[i] = {const_cast<std::byte*>(datagrams[i].bytes.data()), datagrams[i].bytes.size()};
    const bool addressed = datagrams[i].peer.size() != 0;
    messages[i].msg_hdr = {.msg_name = addressed ? const_cast<void*>(datagrams[i].peer.data()) : nullptr,
                           .msg_namelen = datagrams[i].peer.size(),
                           .msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = nullptr, .msg_controllen = 0,
                           .msg_flags = 0};
  }
  return raw_of(::sendmmsg(handle.value(), messages.data(), static_cast<unsigned>(count), MSG_NOSIGNAL | MSG_DONTWAIT));
}

Raw set_membership(Handle handle, const Socket_Address& group, std::uint32_t interface, bool join) {
  group_req request{};
  request.gr_interface = interface;
  if (group.family() != Family::ipv4 && group.family() != Family::ipv6) return -Raw{EAFNOSUPPORT};
  std::memcpy(&request.gr_group, group.data(), group.size());
  const int level = group.family() == Family::ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
  const int name = join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP;
  return raw_of(setsockopt(handle.value(), level, name, &request, sizeof request));
}

}  // namespace strata::inline v1::os::native
