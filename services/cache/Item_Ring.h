// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "Item.h"

namespace cache {

/// One piece of memory that items are written into, one behind the other, round and round: room is made at the oldest
/// end. So nothing is fragmented, whatever sizes come, and memory is touched only as far as items reach.
class Item_Ring {
 public:
  /// std::bad_alloc. `capacity` in bytes, a multiple of 8.
  explicit Item_Ring(std::size_t capacity)
      : capacity_(capacity), memory_(static_cast<std::byte*>(std::malloc(capacity))) {
    assert(capacity % 8 == 0);
    if (!memory_) throw std::bad_alloc{};
  }

  std::size_t capacity() const noexcept { return capacity_; }
  std::size_t free() const noexcept { return capacity_ - static_cast<std::size_t>(tail_ - head_); }

  Item& at(Ref ref) noexcept { return *reinterpret_cast<Item*>(memory_.get() + (std::size_t{ref} - 1) * 8); }
  Ref ref(const Item& item) const noexcept {
    return static_cast<Ref>((reinterpret_cast<const std::byte*>(&item) - memory_.get()) / 8 + 1);
  }

  /// Room behind the newest, of `size` bytes. Takes at most twice as many: `free()` must have them.
  Item& append(std::size_t size) noexcept {
    assert(free() >= 2 * size);
    if (const std::size_t rest = capacity_ - offset(tail_); rest < size) {
      if (rest >= sizeof(Item)) pad(rest);
      tail_ += rest;
    }
    Item& item = at_offset(offset(tail_));
    tail_ += size;
    return item;
  }

  /// Null when there is none.
  Item* oldest() noexcept {
    if (head_ == tail_) return nullptr;
    if (const std::size_t rest = capacity_ - offset(head_); rest < sizeof(Item)) head_ += rest;
    return head_ == tail_ ? nullptr : &at_offset(offset(head_));
  }
  void drop_oldest() noexcept { head_ += oldest()->bytes(); }

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };
  std::size_t offset(std::uint64_t position) const noexcept { return static_cast<std::size_t>(position % capacity_); }
  Item& at_offset(std::size_t offset) noexcept { return *reinterpret_cast<Item*>(memory_.get() + offset); }
  void pad(std::size_t rest) noexcept {
    Item& padding = at_offset(offset(tail_));
    padding.state = Item::State::padding;
    padding.value_size = static_cast<std::uint32_t>(rest - sizeof(Item));
  }

  std::size_t capacity_;
  std::unique_ptr<std::byte, Free> memory_;
  std::uint64_t head_ = 0;  // of the oldest item; positions count bytes written since the beginning
  std::uint64_t tail_ = 0;  // behind the newest
};

}  // namespace cache
