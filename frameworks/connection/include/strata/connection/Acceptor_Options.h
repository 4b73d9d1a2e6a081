// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/File.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

struct Acceptor_Options {
  int backlog = 4096;               ///< connections that the kernel may hold for us; it cuts this to its own limit
  unsigned socket_mode = 0;         ///< permissions of a UNIX socket's file; 0: what the umask leaves
  os::File_Owner socket_owner{};    ///< of a UNIX socket's file
  std::size_t max_connections = 0;  ///< at the cap the listener pauses, and peers wait in the backlog; 0 = no cap
  /// The kernel hands a connection over when its first bytes are there, or after so long: saves a wake-up. Whole
  /// seconds, rounded up; 0 = off. Only for handlers whose client speaks first: others' peers would wait. Deferred
  /// peers are not seen by caps, and are reset when the listener closes (tcp(7), TCP_DEFER_ACCEPT).
  Duration defer_accept{};
  /// Out of descriptors: accept with a spare one and close at once, so that peers learn it; else they wait.
  bool shed_when_full = false;
};

}  // namespace v1
}  // namespace strata
