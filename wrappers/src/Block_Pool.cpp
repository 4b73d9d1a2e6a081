// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Block_Pool.h>

#include <atomic>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "Message_Storage.h"

namespace strata {
inline namespace v1 {

/// One block's storage, in place of which the next free one is named while it is not out.
struct Block_Pool::Slot : Message_Block::Storage {
  Slot(Arena& of, Bytes room) noexcept : Storage(&give_back, room), arena(&of) {}
  static void give_back(Storage* storage) noexcept;

  Arena* arena;
  Slot* next = nullptr;
};

/// All of a pool's memory: it goes when the pool has gone and the last block has come back.
struct Block_Pool::Arena {
  static constexpr std::align_val_t alignment{page};
  struct Unmap {
    void operator()(std::byte* memory) const noexcept { ::operator delete(memory, alignment); }
  };

  Arena(std::size_t blocks, std::size_t block_size) noexcept : count(blocks), size(block_size), living(blocks) {}

  void put(Slot& slot) noexcept {
    Slot* head = back.load(std::memory_order_relaxed);
    do {
      if (head == closed()) return let_go(this, 1);
      slot.next = head;
    } while (!back.compare_exchange_weak(head, &slot, std::memory_order_acq_rel, std::memory_order_acquire));
  }
  static void let_go(Arena* of, std::size_t blocks) noexcept {
    if (of->living.fetch_sub(blocks, std::memory_order_acq_rel) == blocks) delete of;
  }
  /// What `back` says when the pool has gone; no slot stands there.
  Slot* closed() noexcept { return reinterpret_cast<Slot*>(this); }

  const std::size_t count, size;
  std::size_t made = 0;             ///< slots of the first so many
  std::atomic<std::size_t> living;  ///< blocks that are out or may go out
  std::atomic<Slot*> back{nullptr};
  std::unique_ptr<std::byte, Unmap> bytes;
  std::unique_ptr<std::byte[]> slots;  ///< raw: a Slot is made with its block's first use
};

void Block_Pool::Slot::give_back(Storage* storage) noexcept {
  auto& slot = static_cast<Slot&>(*storage);
  slot.arena->put(slot);
}

Result<Block_Pool> Block_Pool::make(std::size_t count, std::size_t size) noexcept {
  if (count == 0 || size == 0) return fail(std::errc::invalid_argument);
  if (size > Message_Block::max_capacity) return fail(std::errc::value_too_large);
  if (count > Message_Block::max_length / (size + sizeof(Slot))) return fail(std::errc::not_enough_memory);
  std::unique_ptr<Arena> arena{new (std::nothrow) Arena{count, size}};
  if (arena == nullptr) return fail(std::errc::not_enough_memory);
  arena->bytes.reset(static_cast<std::byte*>(::operator new(count * size, Arena::alignment, std::nothrow)));
  arena->slots.reset(new (std::nothrow) std::byte[count * sizeof(Slot)]);
  if (arena->bytes == nullptr || arena->slots == nullptr) return fail(std::errc::not_enough_memory);
  return Block_Pool{arena.release(), size};
}

Block_Pool::Block_Pool(Block_Pool&& other) noexcept
    : arena_(std::exchange(other.arena_, nullptr)),
      free_(std::exchange(other.free_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Block_Pool& Block_Pool::operator=(Block_Pool&& other) noexcept {
  Block_Pool taken{std::move(other)};
  std::swap(arena_, taken.arena_);
  std::swap(free_, taken.free_);
  std::swap(size_, taken.size_);
  return *this;
}

Block_Pool::~Block_Pool() {
  if (arena_ == nullptr) return;
  std::size_t here = arena_->count - arena_->made;
  for (const Slot* one = free_; one != nullptr; one = one->next) ++here;
  for (const Slot* one = arena_->back.exchange(arena_->closed(), std::memory_order_acq_rel); one != nullptr;
       one = one->next) {
    ++here;
  }
  if (here != 0) Arena::let_go(arena_, here);
}

Result<Message_Block> Block_Pool::take() noexcept {
  if (arena_ == nullptr) return Message_Block::make(size_);
  Slot* one = free_;
  if (one == nullptr && arena_->back.load(std::memory_order_relaxed) != nullptr) {
    one = arena_->back.exchange(nullptr, std::memory_order_acquire);
  }
  if (one != nullptr) {
    free_ = one->next;
  } else if (arena_->made == arena_->count) {
    return Message_Block::make(size_);
  } else {
    std::byte* const at = arena_->slots.get() + arena_->made * sizeof(Slot);
    one = new (at) Slot{*arena_, Bytes{arena_->bytes.get() + arena_->made * size_, size_}};
    ++arena_->made;
    return Message_Block{&one->first, 0};
  }
  one->first = {nullptr, one, one->memory, 0};
  one->references.store(1, std::memory_order_relaxed);
  return Message_Block{&one->first, 0};
}

Bytes Block_Pool::memory() const noexcept {
  return arena_ == nullptr ? Bytes{} : Bytes{arena_->bytes.get(), arena_->count * size_};
}

}  // namespace v1
}  // namespace strata
