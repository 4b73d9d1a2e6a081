// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/metrics/Metric_Shard.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Counts what happened; never falls, wraps at 2^64. A member of what it counts for. @threads any
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.add(n); }
  std::uint64_t value() const noexcept { return value_.sum(); }

 private:
  Sharded<std::uint64_t> value_;
};

/// A Counter of eight bytes for what one thread counts. @threads loop for add, any for value
class Local_Counter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.add(n); }
  std::uint64_t value() const noexcept { return value_.sum(); }

 private:
  Owned<std::uint64_t> value_;
};

}  // namespace v1
}  // namespace strata
