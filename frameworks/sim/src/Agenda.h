// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <strata/os/Clock.h>

namespace strata::inline v1::sim {

/// The virtual clock and what is to happen by it. Events of one instant run in the order of filing.
class Agenda {
 public:
  using Event = std::move_only_function<void()>;
  static constexpr Time_Point start{std::chrono::hours{1}};  // room to look back

  Time_Point now() const noexcept { return now_; }
  void at(Time_Point when, Event);  ///< a time gone by means now
  /// In so long; < 0 and what no clock reaches: never.
  Time_Point limit(Duration timeout) const noexcept {
    return timeout < Duration::zero() || timeout > Time_Point::max() - now_ ? Time_Point::max() : now_ + timeout;
  }
  bool empty() const noexcept { return entries_.empty(); }

  /// Runs what is due, also what that files for now.
  void run_due();
  /// Moves the clock to the next event, or to `limit` if that comes first, and runs what is due then.
  void advance_towards(Time_Point limit);
  /// Moves the clock to `when`, running what comes on the way.
  void advance_to(Time_Point when);
  void spend(Duration time) noexcept { now_ += time; }  ///< the clock alone: nothing runs

 private:
  struct Entry {
    Time_Point when;
    std::uint64_t order;
    Event event;
  };
  static bool later(const Entry& a, const Entry& b) noexcept;

  Time_Point now_ = start;
  std::uint64_t filed_ = 0;
  std::vector<Entry> entries_;  // a heap, the next in front
};

}  // namespace strata::inline v1::sim
