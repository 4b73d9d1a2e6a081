// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Post_Queue.h>

#include <bit>
#include <new>
#include <utility>

namespace strata {
inline namespace v1 {

Result<std::unique_ptr<Post_Queue>> Post_Queue::open(std::size_t capacity) {
  capacity = std::bit_ceil(capacity < 2 ? std::size_t{2} : capacity);
  std::unique_ptr<Cell[]> cells{new (std::nothrow) Cell[capacity]};
  if (!cells) return fail(std::errc::not_enough_memory);
  for (std::size_t i = 0; i < capacity; ++i) cells[i].turn.store(i, std::memory_order_relaxed);
  std::unique_ptr<Post_Queue> queue{new (std::nothrow) Post_Queue{std::move(cells), capacity}};
  if (!queue) return fail(std::errc::not_enough_memory);
  return queue;
}

Post_Queue::Post_Queue(std::unique_ptr<Cell[]> cells, std::size_t capacity) noexcept
    : cells_(std::move(cells)), mask_(capacity - 1) {}

Post_Queue::~Post_Queue() = default;

Result<Post_Queue::Pushed> Post_Queue::push(std::uint64_t token, Callback&& callback) noexcept {
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  Cell* cell = nullptr;
  do {
    if ((tail & closed_bit) != 0) return fail(errc::stopping);
    const std::uint64_t position = tail >> 2;
    cell = &cells_[position & mask_];
    const std::uint64_t turn = cell->turn.load(std::memory_order_acquire);
    if (turn < position) return fail(std::errc::no_buffer_space);
    if (turn > position) {  // another producer took it meanwhile
      tail = tail_.load(std::memory_order_relaxed);
      continue;
    }
    // The claim also takes the asleep bit: exactly one producer a sleep sees it, and wakes.
    if (tail_.compare_exchange_weak(tail, (tail & ~asleep_bit) + 4, std::memory_order_acq_rel,
                                    std::memory_order_relaxed)) {
      break;
    }
  } while (true);
  cell->post.token = token;
  cell->post.callback = std::move(callback);
  cell->turn.store((tail >> 2) + 1, std::memory_order_release);
  return (tail & asleep_bit) != 0 ? Pushed::wake : Pushed::quiet;
}

bool Post_Queue::prepare_sleep() noexcept {
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  do {
    if ((tail >> 2) != head_) return false;
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
