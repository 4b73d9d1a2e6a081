// SPDX-License-Identifier: Apache-2.0
#include "Sleep_Alarm.h"

#include <utility>

namespace strata {
inline namespace v1 {

void Sleep_Alarm::open(os::Demultiplexer& demultiplexer, std::uint64_t token) {
  Result<os::Alarm> alarm = os::Alarm::open();
  if (!alarm) return;
  const Result<bool> edge = demultiplexer.add_waker(alarm->handle(), token);
  if (edge && *edge) {
    alarm_ = std::move(*alarm);
  } else if (edge) {
    (void)demultiplexer.remove(alarm->handle());
  }
}

bool Sleep_Alarm::cover(Time_Point when, Duration away) {
  if (!alarm_ || away < near || !alarm_->set(when)) return false;
  rings_ = when;
  return true;
}

}  // namespace v1
}  // namespace strata
