// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include "posix/Native.h"

namespace strata::inline v1::os::native {
namespace {

std::int64_t nanoseconds(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);  // fails only for a clock that does not exist
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t monotonic_ns() { return nanoseconds(CLOCK_MONOTONIC); }
std::int64_t wall_ns() { return nanoseconds(CLOCK_REALTIME); }

}  // namespace strata::inline v1::os::native
