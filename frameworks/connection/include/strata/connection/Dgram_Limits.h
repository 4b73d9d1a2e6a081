// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Limits of a socket that serves datagrams; the same for all of a service.
struct Dgram_Limits {
  /// Bytes of room for each datagram; one that is longer is dropped and counted. At most os::max_datagram of UDP over
  /// IPv4. Memory is touched only as far as datagrams reach.
  std::size_t datagram_size = 65'507;
  std::size_t batch = 32;  ///< datagrams that one turn takes, 1 to os::max_datagrams
  /// Datagrams a second that are handled, of all peers together, after a burst of as many; others are dropped and
  /// counted. 0: no limit.
  std::size_t rate = 0;
  std::size_t high_water = 256 * 1024;  ///< bytes of replies that may wait for the system, overhead counted
  int receive_buffer = 0;               ///< bytes in the kernel; 0: its default
};

}  // namespace v1
}  // namespace strata
