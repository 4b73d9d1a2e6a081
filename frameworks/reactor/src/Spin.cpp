// SPDX-License-Identifier: Apache-2.0
#include "Spin.h"

#include <algorithm>

namespace strata {
inline namespace v1 {

bool Spin::worthwhile() noexcept {
  if (limit_ <= Duration::zero()) return false;
  if (quiet_turns_ < still) {
    ++quiet_turns_;
    return false;
  }
  if (rest_ > 0) {
    --rest_;
    return false;
  }
  return events_ <= busy;
}

void Spin::found() noexcept { next_rest_ = std::max(next_rest_ / 2, std::uint32_t{1}); }

void Spin::missed() noexcept {
  rest_ = next_rest_;
  next_rest_ = std::min(next_rest_ * 2, longest_rest);
}

}  // namespace v1
}  // namespace strata
