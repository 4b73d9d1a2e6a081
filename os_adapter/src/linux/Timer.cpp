// SPDX-License-Identifier: Apache-2.0
#include <sys/timerfd.h>

#include <algorithm>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

Raw timer_open() { return raw_of(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }

Raw timer_set(Handle timer, std::int64_t monotonic_ns) {
  const std::int64_t at = std::max(monotonic_ns, std::int64_t{1});  // 0 would disarm it
  itimerspec when{};
  when.it_value.tv_sec = at / 1'000'000'000;
  when.it_value.tv_nsec = at % 1'000'000'000;
  return raw_of(timerfd_settime(timer.value(), TFD_TIMER_ABSTIME, &when, nullptr));
}

}  // namespace strata::inline v1::os::native
