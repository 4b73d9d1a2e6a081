// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Whole milliseconds of the monotonic clock: the unit in which timers are due. @threads any
using Tick = std::uint64_t;

inline constexpr unsigned tick_bits = 44;                      ///< 557 years
inline constexpr Tick max_tick = (Tick{1} << tick_bits) - 1;   ///< later deadlines are clamped to it
inline constexpr std::int64_t tick_ns = 1'000'000;

/// The tick that `t` lies in: what has passed. A time before the clock's epoch is tick 0.
constexpr Tick tick_floor(Time_Point t) noexcept {
  const std::int64_t ns = t.time_since_epoch().count();
  return ns <= 0 ? 0 : static_cast<Tick>(ns / tick_ns);
}

/// `start + after`, a negative `after` counted as 0, the latest time point where the sum would overflow.
constexpr Time_Point due_time(Time_Point start, Duration after) noexcept {
  if (after <= Duration::zero()) return start;
  return start > Time_Point{} && after > Time_Point::max() - start ? Time_Point::max() : start + after;
}

/// The first tick that begins at `due` or later: a timer never fires early.
constexpr Tick tick_ceil(Time_Point due) noexcept {
  const std::int64_t ns = due.time_since_epoch().count();
  return ns <= 0 ? 0 : static_cast<Tick>((ns - 1) / tick_ns) + 1;
}

/// The tick at which a timer set at `start` is due.
constexpr Tick deadline_tick(Time_Point start, Duration after) noexcept { return tick_ceil(due_time(start, after)); }

/// When tick `t` begins.
constexpr Time_Point tick_start(Tick t) noexcept {
  constexpr Tick last = static_cast<Tick>(Time_Point::max().time_since_epoch().count() / tick_ns);
  return Time_Point{Duration{static_cast<std::int64_t>(t < last ? t : last) * tick_ns}};
}

}  // namespace v1
}  // namespace strata
