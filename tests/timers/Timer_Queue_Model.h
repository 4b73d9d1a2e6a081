// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <strata/timers/Tick.h>

/// What a Timer_Queue must do, said with one sorted map of (tick, order of filing) to a timer's number.
class Timer_Queue_Model {
 public:
  explicit Timer_Queue_Model(std::size_t timers) : keys_(timers) {}

  void file(std::size_t timer, strata::Tick deadline) {
    const Key key{std::min(deadline, strata::max_tick), order_++};
    keys_[timer] = key;
    filed_.emplace(key, timer);
  }
  void unfile(std::size_t timer) {
    filed_.erase(*keys_[timer]);
    keys_[timer].reset();
  }
  void refile(std::size_t timer, strata::Tick deadline) {
    unfile(timer);
    file(timer, deadline);
  }

  bool filed(std::size_t timer) const { return keys_[timer].has_value(); }
  strata::Tick deadline(std::size_t timer) const { return keys_[timer]->first; }
  std::size_t size() const { return filed_.size(); }
  strata::Tick nearest() const { return filed_.empty() ? strata::max_tick : filed_.begin()->first.first; }

  /// From here on `next` gives what was filed before and is due at `now`.
  void begin_expiry(strata::Tick now) {
    now_ = std::max(now_, now);
    end_ = order_;
  }
  /// The timer that must fire now, unfiled; none when all that are due have.
  std::optional<std::size_t> next() {
    for (auto it = filed_.begin(); it != filed_.end() && it->first.first <= now_; ++it) {
      if (it->first.second >= end_) continue;
      const std::size_t timer = it->second;
      unfile(timer);
      return timer;
    }
    return std::nullopt;
  }

 private:
  using Key = std::pair<strata::Tick, std::uint64_t>;
  std::map<Key, std::size_t> filed_;
  std::vector<std::optional<Key>> keys_;
  std::uint64_t order_ = 0;
  std::uint64_t end_ = 0;
  strata::Tick now_ = 0;
};
