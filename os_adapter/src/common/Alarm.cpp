// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Alarm.h>

#include "common/Seam.h"

namespace strata::inline v1::os {

Result<Alarm> Alarm::open() {
  auto timer = owned(retry(table().timer_open));
  if (!timer) return std::unexpected{timer.error()};
  return Alarm{std::move(*timer)};
}

Result<> Alarm::set(Time_Point when) {
  return done(retry(table().timer_set, timer_.get(), when.time_since_epoch().count()));
}

}  // namespace strata::inline v1::os
