// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <strata/os/Result.h>
#include <strata/timers/Callback.h>

namespace strata {
inline namespace v1 {

/// A bounded queue from many producers to the loop: a ring of 64-byte cells. FIFO per producer. A push is one
/// compare-and-swap: the bit that says "the consumer sleeps" lives in the word that producers claim cells by, so that
/// no fence is needed to decide who wakes it.
///
/// Invariants. `tail_` = next free position << 2 | closed << 1 | asleep. Cell i is free for position p ≡ i when its
/// turn equals p, filled when it equals p + 1, and is p + capacity once consumed. Only the consumer writes `head_`.
class Post_Queue {
 public:
  struct Post {
    std::uint64_t token = 0;  ///< the handler that it is for (Handler_Ref::token), 0 = the reactor
    Callback callback;
  };
  enum class Pushed : std::uint8_t { quiet, wake };  ///< wake: the consumer sleeps, and this producer is to wake it

  static Result<std::unique_ptr<Post_Queue>> open(std::size_t capacity);
  ~Post_Queue();

  /// @threads any. Takes `callback`, unless it fails. Errors: no_buffer_space (full), errc::stopping (closed).
  Result<Pushed> push(std::uint64_t token, Callback&& callback) noexcept;

  /// @threads consumer, all of the following. The oldest post, which may run where it stands; null when there is none
  /// that is complete. `pop` frees its captures, then its place.
  Post* front() noexcept {
    Cell& cell = cells_[head_ & mask_];
    return cell.turn.load(std::memory_order_acquire) == head_ + 1 ? &cell.post : nullptr;
  }
  void pop() noexcept {
    Cell& cell = cells_[head_ & mask_];
    cell.post.callback.clear();
    cell.turn.store(head_ + mask_ + 1, std::memory_order_release);
    ++head_;
  }
  /// Positions claimed until now: pop no further in this turn, so that what a post posts runs in the next.
  std::uint64_t mark() const noexcept { return tail_.load(std::memory_order_relaxed) >> 2; }
  std::uint64_t head() const noexcept { return head_; }
  /// Announces a sleep: false when a post is there or under way, then do not sleep.
  bool prepare_sleep() noexcept;
  void awake() noexcept;
  /// Refuses further pushes. What was accepted can still be popped.
  void close() noexcept { tail_.fetch_or(closed_bit, std::memory_order_acq_rel); }
  void reopen() noexcept { tail_.fetch_and(~closed_bit, std::memory_order_acq_rel); }

 private:
  static constexpr std::uint64_t asleep_bit = 1, closed_bit = 2;
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> turn;
    Post post;
  };
  static_assert(sizeof(Cell) == 64);

  Post_Queue(std::unique_ptr<Cell[]> cells, std::size_t capacity) noexcept;

  std::unique_ptr<Cell[]> cells_;
  std::uint64_t mask_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::uint64_t head_ = 0;
};

}  // namespace v1
}  // namespace strata
