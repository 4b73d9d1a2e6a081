// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/logging/Logger.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Lets one line pass in each interval and counts the others; the next that passes carries their number in the field
/// "suppressed". For what can repeat at the rate of events, such as running out of descriptors. @threads loop
class Log_Limit {
 public:
  explicit Log_Limit(Duration interval = std::chrono::seconds{1}) noexcept : interval_(interval) {}

  /// A line below its category's level is neither written nor counted.
  template <class... Pairs>
  void write(Logger log, Log_Level level, Log_Message message, const Pairs&... pairs) noexcept {
    if (!log.enabled(level) || !admit(Clock::now())) return;
    if (const std::uint64_t count = take_suppressed(); count == 0) {
      log.write(level, message, pairs...);
    } else {
      log.write(level, message, pairs..., "suppressed", count);
    }
  }

  std::uint64_t suppressed() const noexcept { return suppressed_; }  ///< since the last line that passed

 private:
  bool admit(Time_Point now) noexcept;
  std::uint64_t take_suppressed() noexcept;

  Duration interval_;
  Time_Point next_{Time_Point::min()};
  std::uint64_t suppressed_ = 0;
};

}  // namespace v1
}  // namespace strata
