// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// A descriptor that becomes readable at a point in time, once for each `set`. A deadline that outlives many waits
/// costs nothing in them, while a timeout makes the kernel start and stop a timer in each. @threads loop
/// Source: timerfd_create(2).
class Alarm {
 public:
  /// Errors: function_not_supported (not on this system), or the system's.
  static Result<Alarm> open();
  Handle handle() const noexcept { return timer_.get(); }
  Result<> set(Time_Point when);  ///< in place of what was set before; in the past: at once

 private:
  explicit Alarm(Unique_Handle timer) noexcept : timer_(std::move(timer)) {}
  Unique_Handle timer_;
};

}  // namespace os
}  // namespace v1
}  // namespace strata
