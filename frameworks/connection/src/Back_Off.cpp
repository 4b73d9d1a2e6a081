// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Back_Off.h>

#include <algorithm>

#include <strata/os/Entropy.h>

namespace strata {
inline namespace v1 {

Duration Back_Off::next() noexcept {
  const bool doubles = bound_ > Duration::zero() && bound_ <= options_.most / 2;
  bound_ = bound_ == Duration::zero() ? std::min(options_.first, options_.most) : doubles ? bound_ * 2 : options_.most;
  const auto half = static_cast<std::uint64_t>(bound_.count() / 2);
  return bound_ - Duration{static_cast<std::int64_t>(os::random_seed() % (half + 1))};
}

}  // namespace v1
}  // namespace strata
