// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What happens when a connection's send queue passes `high_water`.
enum class Overflow : std::uint8_t {
  pause,  ///< its input pauses until the queue is down to `low_water`; a put from outside its upcalls is refused
  close,  ///< the connection closes with errc::overflow
  shed,   ///< the put is refused with errc::shed and its bytes are dropped; the connection lives
};

/// Limits of one connection; the same for all of a service. 0 turns a timeout off.
struct Stream_Options {
  /// Nothing received and nothing sent for so long: closed with errc::idle_timeout. Any byte counts: a deadline against
  /// peers that drip is the handler's own, a timer of `schedule`.
  Duration idle_timeout{};
  /// Bytes queued, and the system took none for so long: closed with errc::write_timeout. It takes again when a third
  /// of its buffer is free (Linux: sk_stream_is_writeable), which a slow peer must reach in this time.
  Duration write_timeout{};
  std::size_t high_water = 1024 * 1024;  ///< bytes
  std::size_t low_water = 256 * 1024;    ///< bytes
  Overflow overflow = Overflow::pause;
};

}  // namespace v1
}  // namespace strata
