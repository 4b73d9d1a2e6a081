// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/wrappers/Message_Block.h>
#include <strata/wrappers/Message_Queue.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

struct Task_Options {
  unsigned threads = 1;
  std::string name = "task";  ///< of the threads: NAME/1, …
  std::vector<int> cores{};   ///< the processors that they stay on, in turn; empty: any
};

/// An active object (POSA2; ACE_Task): a queue of messages, and threads of its own that handle them. Subclass it with
/// `handle_message`. Owned by the user. What is put is handled once, in the queue's order; with several threads, some
/// at once. A message whose handling throws is logged and counted.
///
/// Tasks that put into each other cannot wait for each other for ever: where all whose threads could make room wait
/// themselves, the put that closes the cycle fails with resource_deadlock_would_occur, at once; the others go on when
/// that thread handles its next message. @threads any, but for `activate` and `stop`: the owner's
class Task {
 public:
  explicit Task(Queue_Limits limits = {});
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task();  ///< asserts that it was stopped: the subclass's destructor does, for its threads call the subclass

  /// Starts the threads. On an error none is left. May come again after `stop`. Errors: invalid_argument (no threads),
  /// those of os::spawn.
  Result<> activate(const Task_Options& options = {});
  /// Takes nothing more, handles what was put, joins. Blocks: not in its own threads. Idempotent.
  void stop() noexcept;

  /// Waits for room until the deadline; `Time_Point{}` does not. On an error the message is still the caller's:
  /// timed_out, errc::canceled (stopped), resource_deadlock_would_occur, not_enough_memory.
  Result<> put(Message_Block&& message, Time_Point deadline = Message_Queue::forever, std::uint32_t priority = 0);

  Message_Queue& queue() noexcept;
  bool active() const noexcept;  ///< between `activate` and `stop`
  std::size_t exceptions() const noexcept;

 protected:
  /// One message, in one of the threads.
  virtual void handle_message(Message_Block message) = 0;
  /// What each thread runs: by default takes and handles messages, until it was stopped and none is left.
  virtual void svc();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace v1
}  // namespace strata
