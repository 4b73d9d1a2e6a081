// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// Sleeps as long as `word` is `expected`, until `unpark`, or for `timeout` (< 0: without end). May return for no
/// reason: look at the word again. Source: futex(2). @threads any
void park(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Duration timeout = Duration{-1}) noexcept;
/// Wakes at most so many of those who sleep for `word`. @threads any
void unpark(const std::atomic<std::uint32_t>& word, unsigned most) noexcept;

/// Sleeps so long, or shorter for no reason. @threads any
void pause(Duration time) noexcept;
/// How long a Condition may still wait for a deadline: -1, without end, for `Time_Point::max()`. Error: timed_out.
Result<Duration> time_left(Time_Point deadline) noexcept;

/// A lock for what is held for less than a microsecond (Hoare's monitor): who finds it taken looks again for a moment
/// before sleeping. Unlike std::mutex it sleeps through the seam, so that the simulator decides who goes on. Not
/// recursive. Lockable: for std::lock_guard and std::unique_lock. @threads any
class Monitor {
 public:
  Monitor() = default;
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  bool try_lock() noexcept {
    std::uint32_t state = unlocked;
    return state_.compare_exchange_strong(state, locked, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void lock() noexcept {
    if (!try_lock()) [[unlikely]] lock_slowly();
  }
  void unlock() noexcept {
    if (state_.exchange(unlocked, std::memory_order_release) == awaited) [[unlikely]] unpark(state_, 1);
  }

 private:
  void lock_slowly() noexcept;

  static constexpr std::uint32_t unlocked = 0, locked = 1, awaited = 2;  // awaited: and somebody may sleep for it
  std::atomic<std::uint32_t> state_{unlocked};
};

/// What threads wait for under a Monitor. `wait` is for who holds it; `notify…` for who has changed under it what is
/// waited for, and may have let it go since. Destroyed when nobody waits. @threads any
class Condition {
 public:
  Condition() = default;
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  /// Lets the monitor go while it sleeps, for at most `timeout` (< 0: without end). May return for no reason.
  void wait(Monitor& held, Duration timeout = Duration{-1}) noexcept;
  void notify_one() noexcept { notify(1); }
  void notify_all() noexcept { notify(~0u >> 1); }
  std::uint32_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }

 private:
  void notify(unsigned most) noexcept;

  std::atomic<std::uint32_t> calls_{0};  // of notify: who read it under the monitor cannot sleep through one
  std::atomic<std::uint32_t> waiting_{0};
};

}  // namespace os
}  // namespace v1
}  // namespace strata
