// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>
#include <strata/os/Socket_Address.h>

// Datagram sockets: many datagrams a call. Non-blocking, EINTR retried; one socket from one thread at a time.
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// Room for one datagram, and what came.
struct Datagram_In {
  Bytes buffer;             ///< the room
  std::size_t size = 0;     ///< bytes that came, at most the room's
  bool truncated = false;   ///< the datagram was longer; its rest is lost (recv(2), MSG_TRUNC)
  Socket_Address peer{};
};

struct Datagram_Out {
  Const_Bytes bytes;
  Socket_Address peer{};  ///< unspecified: to whom the socket is connected
};

inline constexpr std::size_t max_datagrams = 32;     ///< a call
inline constexpr std::size_t max_datagram = 65'507;  ///< bytes of payload in UDP over IPv4 (RFC 768, RFC 791)

/// At most `max_datagrams` of those that have come; how many. Errors: operation_would_block for none;
/// connection_refused and its like tell of an earlier datagram to a connected peer (udp(7)), and the socket lives on.
/// Source: recvmmsg(2).
Result<std::size_t> receive_datagrams(Handle socket, std::span<Datagram_In> slots) noexcept;
/// The first ones, at most `max_datagrams`; how many the system took. An error is that of the first alone:
/// operation_would_block, message_size, network_unreachable, operation_not_permitted … Source: sendmmsg(2).
Result<std::size_t> send_datagrams(Handle socket, std::span<const Datagram_Out> datagrams) noexcept;

/// Receives what is sent to `group` through the network interface of that index, 0 for the system's choice. Errors:
/// invalid_argument (no multicast address), no_such_device, no_buffer_space (too many groups). Source: ip(7), ipv6(7).
Result<> join_group(Handle socket, const Socket_Address& group, std::uint32_t interface = 0) noexcept;
Result<> leave_group(Handle socket, const Socket_Address& group, std::uint32_t interface = 0) noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
