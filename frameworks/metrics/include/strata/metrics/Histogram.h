// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How durations are spread, by powers of two of nanoseconds. For what is rare or sampled: an addition is atomic.
/// @threads any
class Histogram {
 public:
  static constexpr std::size_t buckets = 44;  ///< the last: from 2^42 ns, 73 minutes, on

  struct Snapshot {
    std::array<std::uint64_t, buckets> counts{};
    std::uint64_t total = 0;
    Duration longest{};
    /// At most so long are `share` (0 to 1) of them: the end of a bucket, so up to twice what it was. 0 when none is.
    Duration quantile(double share) const noexcept;
  };

  void record(Duration duration) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
    const auto bucket = std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(ns)), buckets - 1);
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    std::uint64_t longest = longest_.load(std::memory_order_relaxed);
    while (ns > longest && !longest_.compare_exchange_weak(longest, ns, std::memory_order_relaxed)) {
    }
  }
  Snapshot snapshot() const noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, buckets> counts_{};  ///< by bit_width: bucket n ends below 2^n ns
  std::atomic<std::uint64_t> longest_{0};
};

}  // namespace v1
}  // namespace strata
