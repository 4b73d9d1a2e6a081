// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

enum class Timer_Kind : std::uint8_t { wheel, heap };

struct Reactor_Options {
  std::string demultiplexer = "auto";  ///< os::demultiplexer_names()
  Timer_Kind timers = Timer_Kind::wheel;
  std::size_t post_capacity = 65'536;  ///< posts that may wait, rounded up to a power of two; then `post` refuses
  /// Poll this long before sleeping, while that pays (Spin.h); 0 = never. Trades CPU for latency.
  Duration spin{};
};

}  // namespace v1
}  // namespace strata
