// SPDX-License-Identifier: Apache-2.0
#include "Guarded_Call.h"

#include <mutex>

namespace strata {
inline namespace v1 {

void Guarded_Call::threw(std::string_view whose, std::string_view what) noexcept {
  exceptions_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard held{monitor_};
  limit_.write(log_, Log_Level::error, "a callback threw", "of", whose, "what", what);
}

}  // namespace v1
}  // namespace strata
