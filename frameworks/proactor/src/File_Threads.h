// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <strata/concurrency/Thread_Pool.h>
#include <strata/os/Monitor.h>
#include <strata/os/Result.h>

#include "Asynch_Operation.h"

namespace strata {
inline namespace v1 {

/// Threads that do what may block, first come, first served; started when first needed. @threads any; `end` home
class File_Threads {
 public:
  explicit File_Threads(unsigned threads) noexcept : threads_(threads) {}

  /// Has one of them do it.
  Result<> give(Asynch_Operation& operation) noexcept;
  /// Before any of them has begun it; else false.
  bool take_back(Asynch_Operation& operation) noexcept;
  void end() noexcept;  ///< when all is done

 private:
  Result<> start() noexcept;
  Asynch_Operation* next() noexcept;
  void remove(Asynch_Operation& operation) noexcept;
  void work() noexcept;

  os::Monitor monitor_;
  const unsigned threads_;
  std::unique_ptr<Thread_Pool> pool_;
  Asynch_Operation* first_ = nullptr;
  Asynch_Operation* last_ = nullptr;
  unsigned working_ = 0;  ///< threads that take them
};

}  // namespace v1
}  // namespace strata
