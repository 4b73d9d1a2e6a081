// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/timers/Block_Table.h>

namespace strata {
inline namespace v1 {

/// The memory of Timer_Wheel: lists of 256-byte chunks, each a header and up to 30 tagged node pointers. A chunk is named
/// by its index, of which 0 stands for none; an entry by its place, chunk * 32 + position. @threads loop
class Chunk_Pool {
 public:
  using Entry = std::uintptr_t;  // a node's address | its kind; 0: was cancelled
  static constexpr std::uint32_t capacity = 30;
  static constexpr std::uint32_t stride = 32;

  struct alignas(256) Chunk {
    std::uint32_t next;
    std::uint32_t prev;
    std::uint32_t slot;  // the list that it belongs to
    std::uint32_t used;  // one past the last live entry
    Entry entries[capacity];
  };
  static_assert(sizeof(Chunk) == 256);

  Chunk& operator[](std::uint32_t index) const noexcept { return chunks_[index]; }

  /// A chunk of stale content; 0 where there is no memory.
  std::uint32_t acquire() noexcept {
    if (const std::uint32_t index = free_; index != 0) {
      free_ = chunks_[index].next;
      return index;
    }
    return fresh_ < chunks_.size() || chunks_.grow() ? fresh_++ : 0;
  }
  void release(std::uint32_t index) noexcept {
    chunks_[index].next = free_;
    free_ = index;
  }

 private:
  // 2^8 chunks are 64 KiB. Places have 32 bits, so chunks 27: more than 3 x 10^9 timers fit.
  Block_Table<Chunk, 8> chunks_;
  std::uint32_t free_ = 0;
  std::uint32_t fresh_ = 1;  // the first that was never used; chunk 0 is none
};

}  // namespace v1
}  // namespace strata
