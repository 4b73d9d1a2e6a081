// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/metrics/Metric_Shard.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How many there are now: what one thread adds another may subtract. A member of what it measures. @threads any
class Gauge {
 public:
  void add(std::int64_t n = 1) noexcept { value_.add(n); }
  void subtract(std::int64_t n = 1) noexcept { value_.add(-n); }
  std::int64_t value() const noexcept { return value_.sum(); }

 private:
  Sharded<std::int64_t> value_;
};

/// A Gauge of eight bytes for what one thread measures; it can be set. @threads loop for changes, any for value
class Local_Gauge {
 public:
  void add(std::int64_t n = 1) noexcept { value_.add(n); }
  void subtract(std::int64_t n = 1) noexcept { value_.add(-n); }
  void set(std::int64_t n) noexcept { value_.set(n); }
  std::int64_t value() const noexcept { return value_.sum(); }

 private:
  Owned<std::int64_t> value_;
};

}  // namespace v1
}  // namespace strata
