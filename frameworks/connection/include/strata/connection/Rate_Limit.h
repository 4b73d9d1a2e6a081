// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// So many a second on average, after a burst of as many: a token bucket that is filled when it is asked. A value.
/// @threads one at a time
class Rate_Limit {
 public:
  /// `rate` a second, at most 10^9; 0: no limit.
  explicit Rate_Limit(std::size_t rate = 0) noexcept : rate_(static_cast<std::int64_t>(std::min(rate, most))) {}

  /// Whether one more is within the limit at `now`, which never goes back.
  bool take(Time_Point now) noexcept {
    if (rate_ == 0) return true;
    constexpr std::int64_t second = 1'000'000'000;
    // In nanoseconds of credit: a full bucket is one second, and one costs its share of a second.
    credit_ = std::min(second, credit_ + std::min((now - last_).count(), second));
    last_ = now;
    const std::int64_t cost = second / rate_;
    if (credit_ < cost) return false;
    credit_ -= cost;
    return true;
  }

 private:
  static constexpr std::size_t most = 1'000'000'000;
  std::int64_t rate_;
  std::int64_t credit_ = 1'000'000'000;
  Time_Point last_{};
};

}  // namespace v1
}  // namespace strata
