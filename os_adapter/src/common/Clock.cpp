// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Clock.h>

#include "common/Seam.h"

namespace strata::inline v1 {

Time_Point Clock::now() noexcept { return Time_Point{Duration{os::table().monotonic_ns()}}; }

namespace os {

std::int64_t wall_clock_ns() noexcept { return table().wall_ns(); }

}  // namespace os
}  // namespace strata::inline v1
