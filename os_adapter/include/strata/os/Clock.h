// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

using Duration = std::chrono::nanoseconds;

/// Monotonic time in nanoseconds since an unnamed epoch, read through the seam. @threads any
/// Source: clock_gettime(2), CLOCK_MONOTONIC.
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock, duration>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
using Time_Point = Clock::time_point;

namespace os {

/// Nanoseconds since 1970-01-01 UTC; jumps when the clock is set. For stamps on logs, never for timers.
std::int64_t wall_clock_ns() noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
