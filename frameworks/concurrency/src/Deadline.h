// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Clock.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace v1 {

/// How long a Condition may still wait for it; `Time_Point::max()`: without end. Error: timed_out.
inline Result<Duration> time_left(Time_Point deadline) noexcept {
  if (deadline == Time_Point::max()) return Duration{-1};
  const Time_Point now = Clock::now();
  if (now >= deadline) return fail(std::errc::timed_out);
  return deadline - now;
}

}  // namespace v1
}  // namespace strata
