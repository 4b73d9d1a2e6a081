// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/timers/Callback.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A bounded queue from many producers to the loop, of 64-byte cells in blocks: as many blocks as were ever needed at
/// once, two under a light load. FIFO per producer. A push is one compare-and-swap: the bit that says "the consumer
/// sleeps" lives in the word that producers claim cells by, so that no fence is needed to decide who wakes it.
///
/// Invariants. `tail_` = next free position << 3 | ended << 2 | closed << 1 | asleep. Position p lies in the block of
/// entry p / block_size of `blocks_`, a ring; it is filled when its cell's turn is p + 1. Only the consumer writes
/// `head_`, and publishes it now and then as `freed_`; producers claim p < freed_ + capacity, and `reserve` more for
/// what must arrive. An entry is empty until a producer that needs it fills it, or the consumer does, with the block
/// that it has used up: there is room ahead, as the ring has two entries more than these positions can touch.
class Post_Queue {
 public:
  struct Post {
    std::uint64_t token = 0;  ///< the handler that it is for (Handler_Ref::token), 0 = the reactor
    Callback callback;
  };
  enum class Pushed : std::uint8_t { quiet, wake };  ///< wake: the consumer sleeps, and this producer is to wake it
  /// Of what the room is taken. The reserve is for the few posts without which something never ends: they find room
  /// behind any flood of the others, and wait in a queue that is closed, for whoever opens it again. Who can wait for
  /// room leaves half of it to those who cannot.
  enum class Room : std::uint8_t { shared, patient, reserved };
  static constexpr std::size_t reserve = 4096;  ///< places beyond the capacity
  static constexpr std::size_t beyond_capacity(Room room) noexcept {
    return room == Room::shared ? 0 : room == Room::patient ? reserve / 2 : reserve;
  }

  static Result<std::unique_ptr<Post_Queue>> open(std::size_t capacity);
  ~Post_Queue();

  /// @threads any. Takes `callback`, unless it fails. Errors: no_buffer_space (full), not_enough_memory (for another
  /// block), errc::stopping (closed; the reserve: ended).
  Result<Pushed> push(std::uint64_t token, Callback&& callback, Room room = Room::shared) noexcept;

  /// @threads consumer, all of the following. The oldest post, which may run where it stands; null when there is none
  /// that is complete. After a post, `pop` frees its captures, then its place.
  Post* front() noexcept {
    if (next_ == nullptr && !enter_block()) return nullptr;
    return next_->turn.load(std::memory_order_acquire) == head_ + 1 ? &next_->post : nullptr;
  }
  void pop() noexcept {
    next_->post.callback.clear();
    ++next_;
    if (++head_ % block_size == 0) [[unlikely]] leave_block();
    if ((head_ & publish_mask_) == 0) publish();
  }
  /// Tells producers of the places that were freed; `pop` does so after every 64th, or half of a smaller queue.
  void publish() noexcept { freed_.store(head_, std::memory_order_release); }
  /// Positions claimed until now: pop no further in this turn, so that what a post posts runs in the next.
  std::uint64_t mark() const noexcept { return tail_.load(std::memory_order_relaxed) >> state_bits; }
  std::uint64_t head() const noexcept { return head_; }
  /// As `publish` tells it. @threads any
  std::size_t waiting() const noexcept {
    const std::uint64_t freed = freed_.load(std::memory_order_acquire);  // first: it follows the mark
    return mark() - freed;
  }
  /// `visit(const Callback&)` for each post that is complete.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (std::uint64_t position = head_; position != mark(); ++position) {
      const Cell* block = block_of(position).load(std::memory_order_acquire);
      const Cell* cell = block == nullptr ? nullptr : block + position % block_size;
      if (cell != nullptr && cell->turn.load(std::memory_order_acquire) == position + 1) visit(cell->post.callback);
    }
  }
  /// Announces a sleep: false when a post is there or under way, then do not sleep.
  bool prepare_sleep() noexcept;
  void awake() noexcept;
  /// Refuses further pushes. What was accepted can still be popped.
  void close() noexcept { tail_.fetch_or(closed_bit, std::memory_order_acq_rel); }
  /// For ever, and for the reserve, too.
  void end() noexcept { tail_.fetch_or(closed_bit | ended_bit, std::memory_order_acq_rel); }
  /// @threads any
  bool is_closed() const noexcept { return (tail_.load(std::memory_order_acquire) & closed_bit) != 0; }
  void reopen() noexcept { tail_.fetch_and(~closed_bit, std::memory_order_acq_rel); }

 private:
  static constexpr std::uint64_t asleep_bit = 1, closed_bit = 2, ended_bit = 4, one_position = 8;
  static constexpr int state_bits = 3;
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> turn{0};
    Post post;
  };
  static_assert(sizeof(Cell) == 64);

  static constexpr std::size_t block_size = 256;
  using Block = std::atomic<Cell*>;  // of block_size cells

  Post_Queue(std::unique_ptr<Block[]> blocks, std::size_t entries, std::size_t capacity) noexcept;
  Block& block_of(std::uint64_t position) const noexcept { return blocks_[position / block_size & entry_mask_]; }
  bool add_block(Block& entry) noexcept;
  bool enter_block() noexcept;
  void leave_block() noexcept;

  std::unique_ptr<Block[]> blocks_;
  std::uint64_t entry_mask_;
  std::uint64_t capacity_;
  std::uint64_t publish_mask_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> freed_{0};
  alignas(64) std::uint64_t head_ = 0;
  Cell* next_ = nullptr;  // of head_; null before the first of its block
};

}  // namespace v1
}  // namespace strata
