// SPDX-License-Identifier: Apache-2.0
#include <strata/metrics/Histogram.h>

#include <cmath>

namespace strata {
inline namespace v1 {

Histogram::Snapshot Histogram::snapshot() const noexcept {
  Snapshot now;
  for (std::size_t i = 0; i < buckets; ++i) {
    now.counts[i] = counts_[i].load(std::memory_order_relaxed);
    now.total += now.counts[i];
  }
  now.longest = Duration{static_cast<std::int64_t>(longest_.load(std::memory_order_relaxed))};
  return now;
}

Duration Histogram::Snapshot::quantile(double share) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets && total != 0; ++i) {
    seen += counts[i];
    if (seen >= wanted && seen != 0) return std::min(Duration{(std::int64_t{1} << i) - 1}, longest);
  }
  return longest;
}

}  // namespace v1
}  // namespace strata
