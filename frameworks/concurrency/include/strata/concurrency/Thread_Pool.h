// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/timers/Callback.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

struct Thread_Pool_Options {
  unsigned threads = 4;
  std::size_t capacity = 1024;   ///< callbacks that may wait; then `post` refuses
  std::string name = "worker";   ///< of the threads: NAME/1, …
  std::vector<int> cores{};      ///< the processors that they stay on, in turn; empty: any
};

/// Threads that run what would hold up a loop: what blocks, or takes long. First come, first served; what is posted
/// runs exactly once, if it was started. A callback that throws is logged and counted; the thread lives. @threads any,
/// but for `start` and `stop`: the owner's
class Thread_Pool {
 public:
  static constexpr Time_Point forever = Time_Point::max();

  /// Without threads yet: until `start` what is posted waits. Errors: invalid_argument (no threads, no capacity),
  /// not_enough_memory.
  static Result<std::unique_ptr<Thread_Pool>> open(const Thread_Pool_Options& options = {});
  Thread_Pool(const Thread_Pool&) = delete;
  Thread_Pool& operator=(const Thread_Pool&) = delete;
  ~Thread_Pool();  ///< stops

  Result<> start();  ///< on an error no thread is left; errors: those of os::spawn, errc::stopping (stopped before)
  /// Refuses what is posted from now on, runs what waits where it was started, and joins. Blocks: not in a callback of
  /// its own. Idempotent.
  void stop() noexcept;

  /// Never blocks. On an error the callback is still the caller's: no_buffer_space, errc::stopping, not_enough_memory
  /// (the callback is empty).
  Result<> post(Callback&& callback);
  /// Waits for room. Not in an upcall. Errors: also timed_out, and resource_deadlock_would_occur: the caller is of a
  /// pool or a Task itself, and all that could make room wait for each other.
  Result<> post(Callback&& callback, Time_Point deadline);

  unsigned threads() const noexcept;
  std::size_t waiting() const noexcept;  ///< callbacks that no thread has begun
  std::size_t running() const noexcept;  ///< threads inside a callback
  std::size_t exceptions() const noexcept;

 private:
  class State;
  explicit Thread_Pool(const Thread_Pool_Options& options);
  std::unique_ptr<State> state_;
};

}  // namespace v1
}  // namespace strata
