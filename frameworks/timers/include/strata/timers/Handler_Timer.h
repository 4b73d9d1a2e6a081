// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Export.h>
#include <strata/timers/Timer_Node.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A handler's own timer: a node that knows whom it wakes. 24 bytes in the handler, nothing allocated. @threads loop
class Handler_Timer : public Timer_Node {
 public:
  explicit Handler_Timer(void* owner) noexcept : owner_{owner} {}
  void* owner() const noexcept { return owner_; }

 private:
  void* owner_;
};

}  // namespace v1
}  // namespace strata
