// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Post_Queue.h>

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace strata {
inline namespace v1 {

Result<std::unique_ptr<Post_Queue>> Post_Queue::open(std::size_t capacity) {
  capacity = std::bit_ceil(std::max(capacity, std::size_t{2}));
  const std::size_t entries = std::bit_ceil((capacity + reserve) / block_size + 2);
  std::unique_ptr<Block[]> blocks{new (std::nothrow) Block[entries]{}};
  if (!blocks) return fail(std::errc::not_enough_memory);
  std::unique_ptr<Post_Queue> queue{new (std::nothrow) Post_Queue{std::move(blocks), entries, capacity}};
  if (!queue || !queue->add_block(queue->block_of(0))) return fail(std::errc::not_enough_memory);
  return queue;
}

Post_Queue::Post_Queue(std::unique_ptr<Block[]> blocks, std::size_t entries, std::size_t capacity) noexcept
    : blocks_(std::move(blocks)), entry_mask_(entries - 1), capacity_(capacity),
      publish_mask_(std::min(capacity / 2, block_size / 4) - 1) {}

Post_Queue::~Post_Queue() {
  for (std::uint64_t i = 0; i <= entry_mask_; ++i) delete[] blocks_[i].load(std::memory_order_relaxed);
}

Result<Post_Queue::Pushed> Post_Queue::push(std::uint64_t token, Callback&& callback, Room room) noexcept {
  const auto most = static_cast<std::int64_t>(capacity_ + beyond_capacity(room));
  const std::uint64_t refused = room == Room::shared ? closed_bit : ended_bit;
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  Cell* block = nullptr;
  do {
    if ((tail & refused) != 0) return fail(errc::stopping);
    const std::uint64_t position = tail >> state_bits;
    // A tail that was overtaken meanwhile may lie before `freed_`: the difference is negative, and the claim fails.
    const auto waiting = static_cast<std::int64_t>(position - freed_.load(std::memory_order_acquire));
    if (waiting >= most) return fail(std::errc::no_buffer_space);
    Block& entry = block_of(position);
    block = entry.load(std::memory_order_acquire);
    if (block == nullptr) [[unlikely]] {
      if (!add_block(entry)) return fail(std::errc::not_enough_memory);
      tail = tail_.load(std::memory_order_relaxed);
      continue;
    }
    // The claim also takes the asleep bit: exactly one producer a sleep sees it, and wakes.
    if (tail_.compare_exchange_weak(tail, (tail & ~asleep_bit) + one_position, std::memory_order_acq_rel,
                                    std::memory_order_relaxed)) {
      break;
    }
  } while (true);
  const std::uint64_t position = tail >> state_bits;
  Cell& cell = block[position % block_size];
  cell.post.token = token;
  cell.post.callback = std::move(callback);
  cell.turn.store(position + 1, std::memory_order_release);
  return (tail & asleep_bit) != 0 ? Pushed::wake : Pushed::quiet;
}

/// Fills an entry that was empty; another producer, or the consumer, may do it first.
[[gnu::noinline]] bool Post_Queue::add_block(Block& entry) noexcept {
  std::unique_ptr<Cell[]> cells{new (std::nothrow) Cell[block_size]};
  if (!cells) return false;
  Cell* empty = nullptr;
  if (entry.compare_exchange_strong(empty, cells.get(), std::memory_order_acq_rel)) (void)cells.release();
  return true;
}

bool Post_Queue::enter_block() noexcept {
  Cell* block = block_of(head_).load(std::memory_order_acquire);
  if (block != nullptr) next_ = block + head_ % block_size;
  return next_ != nullptr;
}

/// The block that was used up goes where the next is missing. (Nowhere, where a late producer has just filled the last
/// empty entry. Nobody reads it any more: who claimed a cell of it is done, who did not finds another `tail_`.)
void Post_Queue::leave_block() noexcept {
  std::unique_ptr<Cell[]> used{block_of(head_ - 1).exchange(nullptr, std::memory_order_acq_rel)};
  next_ = nullptr;
  for (std::uint64_t i = 0; i <= entry_mask_; ++i) {
    Cell* empty = nullptr;
    if (block_of(head_ + i * block_size).compare_exchange_strong(empty, used.get(), std::memory_order_acq_rel)) {
      (void)used.release();
      return;
    }
  }
}

bool Post_Queue::prepare_sleep() noexcept {
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  do {
    if ((tail >> state_bits) != head_) return false;
  } while (!tail_.compare_exchange_weak(tail, tail | asleep_bit, std::memory_order_acq_rel, std::memory_order_relaxed));
  return true;
}

void Post_Queue::awake() noexcept {
  if ((tail_.load(std::memory_order_relaxed) & asleep_bit) != 0) {
    tail_.fetch_and(~asleep_bit, std::memory_order_acq_rel);
  }
}

}  // namespace v1
}  // namespace strata
