// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace strata {
inline namespace v1 {

/// The memory of Timer_Wheel: lists of 256-byte chunks, each a header and up to 30 tagged node pointers. A chunk is named
/// by its index, of which 0 stands for none; an entry by its place, chunk * 32 + position. Blocks of chunks never move
/// and are kept until the pool dies. @threads loop
class Chunk_Pool {
 public:
  using Entry = std::uintptr_t;  // a node's address | its kind; 0: was cancelled
  static constexpr std::uint32_t capacity = 30;
  static constexpr std::uint32_t stride = 32;

  struct Chunk {
    std::uint32_t next;
    std::uint32_t prev;
    std::uint32_t slot;  // the list that it belongs to
    std::uint32_t used;  // one past the last live entry
    Entry entries[capacity];
  };
  static_assert(sizeof(Chunk) == 256);

  Chunk_Pool() = default;
  Chunk_Pool(const Chunk_Pool&) = delete;
  Chunk_Pool& operator=(const Chunk_Pool&) = delete;
  ~Chunk_Pool();

  Chunk& chunk(std::uint32_t index) const noexcept { return blocks_[index / block_chunks][index % block_chunks]; }

  /// A chunk with a stale header; 0 where there is no memory.
  std::uint32_t acquire() noexcept {
    if (const std::uint32_t index = free_; index != 0) {
      free_ = chunk(index).next;
      return index;
    }
    return fresh_ < end_ || grow() ? fresh_++ : 0;
  }
  void release(std::uint32_t index) noexcept {
    chunk(index).next = free_;
    free_ = index;
  }

 private:
  static constexpr std::uint32_t block_chunks = 256;  // 64 KiB

  bool grow() noexcept;

  Chunk** blocks_ = nullptr;
  std::uint32_t block_count_ = 0;
  std::uint32_t block_capacity_ = 0;
  std::uint32_t free_ = 0;
  std::uint32_t fresh_ = 1;  // the first chunk never used; chunk 0 is none
  std::uint32_t end_ = 0;
};

}  // namespace v1
}  // namespace strata
