// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

inline constexpr std::size_t metric_shards = 8;

/// The shard of a thread that asks for the first time: round robin.
std::size_t assign_metric_shard() noexcept;

/// The calling thread's shard, the same for all metrics.
inline std::size_t metric_shard() noexcept {
  thread_local constinit std::size_t shard = metric_shards;
  if (shard == metric_shards) [[unlikely]] shard = assign_metric_shard();
  return shard;
}

/// One number in shares, each in a cache line of its own, so that threads that add at once do not fight for it. Up to
/// `metric_shards` threads have a share to themselves. 512 bytes. @threads any
template <class Number>
class Sharded {
 public:
  void add(Number n) noexcept { shares_[metric_shard()].value.fetch_add(n, std::memory_order_relaxed); }
  Number sum() const noexcept {
    Number total = 0;
    for (const Share& share : shares_) total += share.value.load(std::memory_order_relaxed);
    return total;
  }

 private:
  struct alignas(64) Share {
    std::atomic<Number> value{0};
  };
  std::array<Share, metric_shards> shares_;
};

/// One number that a single thread changes and any thread reads: an addition is a plain load and store.
template <class Number>
class Owned {
 public:
  void add(Number n) noexcept { set(value_.load(std::memory_order_relaxed) + n); }
  void set(Number n) noexcept { value_.store(n, std::memory_order_relaxed); }
  Number sum() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<Number> value_{0};
};

}  // namespace v1
}  // namespace strata
