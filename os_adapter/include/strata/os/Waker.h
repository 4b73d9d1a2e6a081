// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// Wakes a thread that sleeps in Demultiplexer::wait. Wakes coalesce. Owned by the loop. Source: eventfd(2).
class Waker {
 public:
  static Result<Waker> open();
  Handle handle() const noexcept { return event_.get(); }
  void wake() noexcept;   ///< @threads any. Never blocks; a counter that is full is already readable.
  void clear() noexcept;  ///< @threads loop. Not needed where add_waker() answered true.

 private:
  explicit Waker(Unique_Handle event) noexcept : event_(std::move(event)) {}
  Unique_Handle event_;
};

}  // namespace os
}  // namespace v1
}  // namespace strata
