// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Where a Message_Queue is full, and where it takes messages again. Both marks of both kinds count.
struct Queue_Limits {
  std::size_t high_bytes = 1024 * 1024;
  std::size_t low_bytes = 256 * 1024;
  std::size_t high_count = 16 * 1024;  ///< messages
  std::size_t low_count = 4 * 1024;
};

/// A bounded queue of messages between threads: what an active object waits on (ACE_Message_Queue). A message is taken
/// while the queue is below its high marks, however large it is; at a mark who puts waits until it is down to both low
/// ones. Destroyed when nobody waits in it. Deadlines are of monotonic time; `Time_Point{}` does not wait.
/// @threads any. Errors of all: timed_out; errc::canceled (deactivated, or pulsed while it waited).
class Message_Queue {
 public:
  static constexpr Time_Point forever = Time_Point::max();

  explicit Message_Queue(Queue_Limits limits = {});
  Message_Queue(const Message_Queue&) = delete;
  Message_Queue& operator=(const Message_Queue&) = delete;
  ~Message_Queue();

  /// Behind all of the same and of higher priority. On an error the message is still the caller's. Also
  /// not_enough_memory.
  Result<> enqueue(Message_Block&& message, Time_Point deadline = forever, std::uint32_t priority = 0);
  Result<> enqueue_head(Message_Block&& message, Time_Point deadline = forever);  ///< before all, whatever its priority
  /// Until the queue would take a message, which another may be quicker to put.
  Result<> await_room(Time_Point deadline = forever);
  /// The highest priority, and of that the oldest. What was queued before `deactivate` can be had still, without
  /// waiting.
  Result<Message_Block> dequeue(Time_Point deadline = forever);

  /// All who wait go with errc::canceled, and nothing is taken until `activate`. Messages stay.
  void deactivate() noexcept;
  void activate() noexcept;
  void pulse() noexcept;  ///< all who wait go with errc::canceled; the queue goes on
  std::size_t flush() noexcept;  ///< drops all messages; how many

  /// Called after each message that comes into an empty queue, by the thread that has put it, outside of the lock: to
  /// wake a Reactor. Set before others use the queue. Must not throw.
  void when_filled(std::function<void()> callback);

  bool active() const noexcept;
  bool full() const noexcept;
  std::size_t count() const noexcept;
  std::size_t bytes() const noexcept;

 private:
  struct State;
  template <class Place>
  Result<> put(Message_Block&& message, Time_Point deadline, Place place);
  std::unique_ptr<State> state_;
};

}  // namespace v1
}  // namespace strata
