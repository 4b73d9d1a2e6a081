// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <new>

#include <strata/os/Bytes.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace v1 {

/// A link of a chain and its window of the storage: [data, data + size) is unread, behind it is room.
struct Message_Block::Block {
  Block* next = nullptr;
  Storage* storage = nullptr;
  const std::byte* data = nullptr;
  std::size_t size = 0;
};

/// The shared memory. Its first block and, most often, its own bytes stand in the same allocation, so a message costs
/// one; the allocation lives until the last block that refers to it is gone. The count cannot overflow: each reference
/// is held by a block of 32 bytes.
struct Message_Block::Storage {
  using Dispose = void (*)(Storage*) noexcept;

  /// No bytes yet, and room.
  Storage(Dispose how, Bytes room) noexcept
      : first{nullptr, this, room.data(), 0}, memory(room.data()), capacity(room.size()), dispose(how) {}
  /// Bytes, and no room.
  Storage(Dispose how, Const_Bytes bytes) noexcept
      : first{nullptr, this, bytes.data(), bytes.size()}, dispose(how) {}

  static Storage* make(std::size_t capacity) noexcept {
    void* const allocated = ::operator new(sizeof(Storage) + capacity, std::nothrow);
    if (allocated == nullptr) return nullptr;
    return new (allocated) Storage(&dispose_own, Bytes{static_cast<std::byte*>(allocated) + sizeof(Storage), capacity});
  }
  static void dispose_own(Storage* storage) noexcept { ::operator delete(storage); }

  void acquire() noexcept { references.fetch_add(1, std::memory_order_relaxed); }
  /// One that has no other reference can get none meanwhile: whoever drops it holds it.
  void drop() noexcept {
    if (references.load(std::memory_order_acquire) == 1 || references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      dispose(this);
    }
  }

  Block first;
  std::atomic<std::size_t> references{1};
  std::byte* memory = nullptr;  ///< null: foreign
  std::size_t capacity = 0;     ///< of it
  Dispose dispose;
};

}  // namespace v1
}  // namespace strata
