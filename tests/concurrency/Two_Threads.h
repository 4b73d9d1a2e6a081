// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cerrno>

#include <strata/os/Operations.h>
#include <strata/os/Thread.h>

namespace strata_test {

/// While it lives, two threads start and no third.
class Two_Threads {
 public:
  Two_Threads() : table_(bent()), scope_(table_) { started = 0; }

 private:
  static inline std::atomic<int> started = 0;
  static strata::os::Operations bent() {
    strata::os::Operations table = strata::os::operations();
    table.thread_start = [](const strata::os::Thread_Start& start) -> strata::os::Raw {
      return ++started > 2 ? -EAGAIN : strata::os::native_operations().thread_start(start);
    };
    return table;
  }
  strata::os::Operations table_;
  strata::os::Operations_Scope scope_;
};

}  // namespace strata_test
