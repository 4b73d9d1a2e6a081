// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/wrappers/Message_Block.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Message_Blocks of one size out of one piece of memory, for who needs one after another: none is allocated on the
/// way, and the one that came back last goes out first, still in the caches. A block goes back by itself when its last
/// duplicate is gone, on whatever thread; it may outlive the pool, whose memory then goes with it.
/// @threads `take`: one at a time; a block: as any Message_Block
class Block_Pool {
 public:
  static constexpr std::size_t page = 4096;

  Block_Pool() noexcept = default;  ///< of none
  Block_Pool(Block_Pool&& other) noexcept;
  Block_Pool& operator=(Block_Pool&& other) noexcept;
  ~Block_Pool();

  /// The room of each begins a page where `size` is a multiple of one. What no block has used yet is not touched.
  /// Errors: not_enough_memory, invalid_argument (of none, or empty ones), value_too_large (above
  /// Message_Block::max_capacity)
  static Result<Block_Pool> make(std::size_t count, std::size_t size) noexcept;

  /// One without bytes. Where all are out one from the heap, which does not come back. Error: not_enough_memory.
  Result<Message_Block> take() noexcept;

  std::size_t block_size() const noexcept { return size_; }
  Bytes memory() const noexcept;  ///< that all its own have their room in

 private:
  struct Arena;
  struct Slot;
  explicit Block_Pool(Arena* arena, std::size_t size) noexcept : arena_(arena), size_(size) {}

  Arena* arena_ = nullptr;
  Slot* free_ = nullptr;  ///< came back before those that the arena has
  std::size_t size_ = 0;
};

}  // namespace v1
}  // namespace strata
