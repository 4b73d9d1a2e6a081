// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Budget.h>

#include <cassert>

namespace strata {
inline namespace v1 {

bool Budget::charge(std::size_t bytes) noexcept {
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  if (parent_ == nullptr || parent_->charge(bytes)) return true;
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void Budget::release(std::size_t bytes) noexcept {
  assert(used() >= bytes);
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->release(bytes);
}

}  // namespace v1
}  // namespace strata
