// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include <strata/os/Operations.h>

namespace strata_test {

/// What both clocks say besides the system's. One at a time, made before the threads that ask.
class Jumping_Clock {
 public:
  Jumping_Clock() : table_(jumping()), scope_(table_) { wall = monotonic = 0; }
  static inline std::atomic<std::int64_t> wall = 0, monotonic = 0;

 private:
  static strata::os::Operations jumping() {
    strata::os::Operations table = strata::os::native_operations();
    table.monotonic_ns = [] { return strata::os::native_operations().monotonic_ns() + monotonic; };
    table.wall_ns = [] { return strata::os::native_operations().wall_ns() + wall; };
    return table;
  }
  strata::os::Operations table_;
  strata::os::Operations_Scope scope_;
};

}  // namespace strata_test
