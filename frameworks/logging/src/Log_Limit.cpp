// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Limit.h>

#include <utility>

namespace strata {
inline namespace v1 {

bool Log_Limit::admit(Time_Point now) noexcept {
  if (now < next_) {
    ++suppressed_;
    return false;
  }
  next_ = now + interval_;
  return true;
}

std::uint64_t Log_Limit::take_suppressed() noexcept { return std::exchange(suppressed_, 0); }

}  // namespace v1
}  // namespace strata
