// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <chrono>
#include <cstddef>

namespace bench {

// The first byte of a message says what its echo costs the handler; any other is plain.
enum class Mark : char { plain = '.', burn = 'b', block = 's' };

// Uses up so much CPU time of this thread, however long others have the core.
inline void burn(std::chrono::nanoseconds time) {
  const auto used = [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  };
  const auto end = used() + time;
  while (used() < end) {
  }
}

// Blocks this thread, as a handler must not.
inline void block(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec duration{.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nullptr);
}

}  // namespace bench
