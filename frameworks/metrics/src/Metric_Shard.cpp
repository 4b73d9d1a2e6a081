// SPDX-License-Identifier: Apache-2.0
#include <strata/metrics/Metric_Shard.h>

namespace strata {
inline namespace v1 {

std::size_t assign_metric_shard() noexcept {
  static constinit std::atomic<std::size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed) % metric_shards;
}

}  // namespace v1
}  // namespace strata
