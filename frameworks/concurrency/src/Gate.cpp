// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Gate.h>

#include <cassert>
#include <mutex>

namespace strata {
inline namespace v1 {

Gate::~Gate() {
  const std::lock_guard held{monitor_};  // who has left last may still be about to let it go
  assert(inside_ == 0);
}

Result<Gate::Pass> Gate::enter() noexcept {
  const std::lock_guard held{monitor_};
  if (closed_) return fail(errc::stopping);
  ++inside_;
  return Pass{*this};
}

void Gate::leave() noexcept {
  const std::lock_guard held{monitor_};
  if (--inside_ == 0) left_.notify_all();
}

void Gate::close() noexcept {
  const std::lock_guard held{monitor_};
  closed_ = true;
}

void Gate::open() noexcept {
  const std::lock_guard held{monitor_};
  closed_ = false;
}

Result<> Gate::await_empty(Time_Point deadline) noexcept {
  const std::lock_guard held{monitor_};
  while (inside_ != 0) {
    const Result<Duration> left = os::time_left(deadline);
    if (!left) return fail(left.error());
    left_.wait(monitor_, *left);
  }
  return {};
}

std::size_t Gate::inside() const noexcept {
  const std::lock_guard held{monitor_};
  return inside_;
}

bool Gate::closed() const noexcept {
  const std::lock_guard held{monitor_};
  return closed_;
}

}  // namespace v1
}  // namespace strata
