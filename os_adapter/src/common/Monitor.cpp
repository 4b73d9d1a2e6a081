// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Monitor.h>

#include "common/Seam.h"

namespace strata::inline v1::os {

namespace {

constexpr int looks = 200;  // a fraction of a microsecond: what is held for less is free by then

}  // namespace

void park(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Duration timeout) noexcept {
  (void)table().park(word, expected, timeout);  // whatever it says, the caller looks again
}

void unpark(const std::atomic<std::uint32_t>& word, unsigned most) noexcept { (void)table().unpark(word, most); }

void pause(Duration time) noexcept {
  static constinit std::atomic<std::uint32_t> nothing{0};
  park(nothing, 0, time);
}

Result<Duration> time_left(Time_Point deadline) noexcept {
  if (deadline == Time_Point::max()) return Duration{-1};
  const Time_Point now = Clock::now();
  if (now >= deadline) return fail(std::errc::timed_out);
  return deadline - now;
}

// The second mutex of Drepper, "Futexes Are Tricky": who has slept leaves `awaited`, for others may sleep still.
void Monitor::lock_slowly() noexcept {
  for (int i = 0; i < looks; ++i) {
    if (state_.load(std::memory_order_relaxed) == unlocked && try_lock()) return;
  }
  while (state_.exchange(awaited, std::memory_order_acquire) != unlocked) park(state_, awaited);
}

void Condition::wait(Monitor& held, Duration timeout) noexcept {
  const std::uint32_t calls = calls_.load(std::memory_order_relaxed);
  waiting_.fetch_add(1, std::memory_order_relaxed);
  held.unlock();
  park(calls_, calls, timeout);
  held.lock();
  waiting_.fetch_sub(1, std::memory_order_relaxed);
}

void Condition::notify(unsigned most) noexcept {
  if (waiting() == 0) return;  // who waits has said so under the monitor, before what is told now was changed
  calls_.fetch_add(1, std::memory_order_release);
  unpark(calls_, most);
}

}  // namespace strata::inline v1::os
