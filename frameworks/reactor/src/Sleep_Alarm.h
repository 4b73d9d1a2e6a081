// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <strata/os/Alarm.h>
#include <strata/os/Clock.h>
#include <strata/os/Demultiplexer.h>

namespace strata {
inline namespace v1 {

/// Ends a loop's sleep at its next timer without a timeout in each wait. A loop that serves a message a wait would pay
/// 7 % for that timeout, though its timers are seconds away (docs/adr/0007). Set anew only for an earlier deadline and
/// after it has rung; near deadlines are left to timeouts. @threads loop
class Sleep_Alarm {
 public:
  /// Without an Alarm, or where the mechanism would have it read, this stays closed and covers nothing.
  void open(os::Demultiplexer& demultiplexer, std::uint64_t token);

  /// Whether a wait without a timeout ends at `when` or before.
  bool covers(Time_Point when) const noexcept { return rings_ <= when; }
  /// The same, after it was set where that pays: `away` is how far `when` is.
  bool cover(Time_Point when, Duration away);
  void rang() noexcept { rings_ = never; }  ///< its event came

 private:
  static constexpr Time_Point never = Time_Point::max();
  static constexpr Duration near = std::chrono::milliseconds{20};

  std::optional<os::Alarm> alarm_;
  Time_Point rings_ = never;
};

}  // namespace v1
}  // namespace strata
