// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

enum class Timer_Kind : std::uint8_t { wheel, heap };

/// Which threads run the upcalls of a reactor. Those of a pool start with its first run and end with it.
enum class Dispatch : std::uint8_t {
  single,            ///< the one in `run`
  worker_pool,       ///< that one waits for events, `threads` others run the upcalls (POSA2, Half-Sync/Half-Async)
  leader_followers,  ///< `threads`, that one among them, take turns at waiting, and run what came (POSA2)
};

struct Reactor_Options {
  /// One of os::demultiplexer_names(). Where "io_uring" is refused, a line of the log says so, and "auto" is taken.
  std::string demultiplexer = "auto";
  Timer_Kind timers = Timer_Kind::wheel;
  std::size_t post_capacity = 65'536;  ///< posts that may wait, rounded up to a power of two; then `post` refuses
  /// Poll this long before sleeping, while that pays (Spin.h); 0 = never. Trades CPU for latency. Not in a pool.
  Duration spin{};
  Dispatch dispatch = Dispatch::single;
  unsigned threads = 1;          ///< of a pool; at least 1
  std::string name = "reactor";  ///< of the threads that it starts: NAME/1, …
  std::vector<int> cores{};      ///< the processors that they stay on, in turn; empty: any
};

}  // namespace v1
}  // namespace strata
