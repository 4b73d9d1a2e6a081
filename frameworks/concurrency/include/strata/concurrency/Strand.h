// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/timers/Callback.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Thread_Pool;

/// Callbacks on a pool, one at a time and in the order of their posts: what they share needs no lock. Of two strands
/// they run at once. After its end those that wait still run. The pool must outlive it. @threads any
class Strand {
 public:
  /// `capacity`: callbacks that may wait in it.
  explicit Strand(Thread_Pool& pool, std::size_t capacity = 1024);
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;
  ~Strand();

  /// Never blocks. Errors, with the callback still the caller's: no_buffer_space (its own or the pool's),
  /// errc::stopping, not_enough_memory.
  Result<> post(Callback&& callback);
  std::size_t waiting() const noexcept;  ///< callbacks that have not begun
  std::size_t exceptions() const noexcept;
  bool inside() const noexcept;          ///< the caller is one of its callbacks

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace v1
}  // namespace strata
