// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/File.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Who accepts, where connections are served by several reactors.
enum class Accept_Mode : std::uint8_t {
  handoff,       ///< the main one, and hands them out in turn
  least_loaded,  ///< the main one, and hands each to the reactor that has the fewest of the service
  reuseport,     ///< each from a socket of its own; the kernel spreads them by a hash (socket(7), SO_REUSEPORT)
  exclusive,     ///< each from one socket, of which the kernel wakes one (epoll_ctl(2), EPOLLEXCLUSIVE)
};

struct Acceptor_Options {
  int backlog = 4096;               ///< connections that the kernel may hold for us; it cuts this to its own limit
  unsigned socket_mode = 0;         ///< permissions of a UNIX socket's file; 0: what the umask leaves
  os::File_Owner socket_owner{};    ///< of a UNIX socket's file
  std::size_t max_connections = 0;  ///< at the cap the listener pauses, and peers wait in the backlog; 0 = no cap
  std::size_t max_per_source = 0;   ///< of one address; further ones are reset (Source_Limits); 0 = no cap
  Duration source_penalty{};        ///< how long a source that asked for more is refused after; 0 = not at all
  Accept_Mode accept = Accept_Mode::handoff;  ///< where several reactors serve
  /// The kernel hands a connection over when its first bytes are there, or after so long: saves a wake-up. Whole
  /// seconds, rounded up; 0 = off. Only for handlers whose client speaks first: others' peers would wait. Deferred
  /// peers are not seen by caps, and are reset when the listener closes (tcp(7), TCP_DEFER_ACCEPT).
  Duration defer_accept{};
  /// Out of descriptors: accept with a spare one and close at once, so that peers learn it; else they wait.
  bool shed_when_full = false;
};

}  // namespace v1
}  // namespace strata
