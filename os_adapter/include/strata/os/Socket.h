// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>
#include <strata/os/Socket_Address.h>

// Sockets: non-blocking, close-on-exec, never a SIGPIPE, EINTR retried. @threads any; one socket from one thread at a
// time. Nothing here throws or, but `resolve`, blocks; would-block is std::errc::operation_would_block.
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

enum class Socket_Kind : std::uint8_t { stream, datagram };
enum class Shutdown : std::uint8_t { receive, send, both };

enum class Socket_Option : std::uint8_t {
  reuse_address,    ///< 0, 1
  reuse_port,       ///< 0, 1
  v6_only,          ///< 0, 1
  no_delay,         ///< 0, 1: tcp(7) TCP_NODELAY; a listener's is inherited by what it accepts
  keep_alive,       ///< 0, 1
  send_buffer,      ///< bytes
  receive_buffer,   ///< bytes
  defer_accept,     ///< seconds: tcp(7) TCP_DEFER_ACCEPT
  broadcast,        ///< 0, 1: datagrams may go to a broadcast address (ip(7))
  multicast_loop,   ///< 0, 1: this machine's members of a group get what the socket sends to it
  multicast_hops,   ///< 0 to 255: how far what it sends to a group may go; 1 is this network (ip(7), ipv6(7))
  accepting,        ///< get only: whether it listens
  datagrams,        ///< get only: whether it is a datagram socket
  linger,           ///< set only: seconds; 0 makes close send RST, -1 is off
  pending_error,    ///< get only: the socket's error as a std::errc value, 0 for none; reading clears it
};

Result<Unique_Handle> open_socket(Family, Socket_Kind);
Result<Handle_Pair> socket_pair();  ///< two connected stream sockets
Result<> bind(Handle, const Socket_Address&);
Result<> listen(Handle, int backlog);  ///< the kernel cuts `backlog` to its own limit (net.core.somaxconn)
/// Errors: operation_would_block; too_many_files_open (and _in_system), no_buffer_space, not_enough_memory,
/// connection_aborted, protocol_error, operation_not_permitted (accept(2): all but the first leave the listener alive).
Result<Unique_Handle> accept(Handle listener, Socket_Address* peer = nullptr);
/// Success when connected at once; operation_in_progress when it will become writable, then see `pending_error`.
/// operation_would_block: a local listener's queue is full, and nothing is in progress (connect(2)).
Result<> connect(Handle, const Socket_Address&);
Result<std::size_t> receive(Handle, Bytes);       ///< 0 = the peer sent FIN (for a non-empty buffer)
Result<std::size_t> send(Handle, Const_Bytes);    ///< bytes taken, possibly fewer
/// One gathered write of at most `max_gather` parts; bytes taken, possibly fewer.
Result<std::size_t> send(Handle, std::span<const Const_Bytes> parts);
inline constexpr std::size_t max_gather = 64;
Result<> shutdown(Handle, Shutdown);
Result<> set_option(Handle, Socket_Option, int value);
Result<int> get_option(Handle, Socket_Option);
std::error_code pending_error(Handle) noexcept;   ///< of a failed connect, or after ERR; empty for none
Result<Socket_Address> local_address(Handle);
Result<Socket_Address> peer_address(Handle);

struct Resolve_Query {
  std::string host;  ///< a name or a literal; empty = any address when `passive`, else loopback
  std::uint16_t port = 0;
  Family family = Family::unspecified;
  bool passive = false;  ///< for bind
};
/// Blocks until the resolver answers: only where nothing waits (`prepare`). In the resolver's order (RFC 6724).
/// Errors: host_unreachable (no such name), invalid_argument (a NUL in it), resource_unavailable_try_again, or the
/// system's. Source: getaddrinfo(3).
Result<std::vector<Socket_Address>> resolve(const Resolve_Query&);

}  // namespace os
}  // namespace v1
}  // namespace strata
