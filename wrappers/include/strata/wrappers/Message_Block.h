// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Bytes on their way: a chain of blocks, each a window of shared memory with a read and a write position. The object
/// owns its chain; the memory behind it is reference-counted, so `duplicate` copies no byte. It is a buffer (`make`,
/// `writable`, `commit`), a message (`copy`, `wrap`) and a queue (`append` or `cont` at the tail, `gather` and
/// `consume` at the head). Empty, it owns nothing. Move-only; a moved-from chain is empty.
///
/// @threads any; one object from one thread at a time. Duplicates may live on different threads.
/// Fails with not_enough_memory or value_too_large; a call that fails has changed nothing. Never throws.
class Message_Block {
 public:
  static constexpr std::size_t max_capacity = std::size_t{1} << 30;  ///< bytes that one block may allocate
  static constexpr std::size_t max_length = std::numeric_limits<std::ptrdiff_t>::max();  ///< bytes in a chain

  using Release = std::move_only_function<void() noexcept>;

  Message_Block() noexcept = default;
  Message_Block(Message_Block&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)),
        last_(std::exchange(other.last_, nullptr)),
        length_(std::exchange(other.length_, 0)) {}
  Message_Block& operator=(Message_Block&& other) noexcept {
    if (this == &other) return *this;
    clear();
    first_ = std::exchange(other.first_, nullptr);
    last_ = std::exchange(other.last_, nullptr);
    length_ = std::exchange(other.length_, 0);
    return *this;
  }
  ~Message_Block() { clear(); }

  static Result<Message_Block> make(std::size_t capacity) noexcept;  ///< no bytes yet, room for `capacity`
  static Result<Message_Block> copy(Const_Bytes bytes) noexcept;
  /// Foreign memory, not copied. `release` runs once, on the thread that drops the last duplicate; without it the
  /// memory must be static. After a failure the memory is still the caller's: `release` is dropped, not called.
  static Result<Message_Block> wrap(Const_Bytes bytes, Release release = {}) noexcept;

  /// The same bytes with positions of its own; allocates 32 bytes a block.
  Result<Message_Block> duplicate() const noexcept;

  std::size_t length() const noexcept { return length_; }  ///< unread bytes in the chain
  bool empty() const noexcept { return length_ == 0; }

  Const_Bytes readable() const noexcept;  ///< the unread bytes of the first block
  /// Moves the read position, across blocks; releases those read to their end. result_out_of_range beyond `length()`.
  Result<> consume(std::size_t size) noexcept;
  /// The first blocks' unread bytes, as many as fit, for one gathered send (see os::max_gather); how many there are.
  std::size_t gather(std::span<Const_Bytes> parts) const noexcept;

  /// The room behind the last block's bytes; none while a duplicate shares it, nor in foreign memory.
  Bytes writable() noexcept;
  /// Moves the write position over bytes written there. result_out_of_range beyond the room.
  Result<> commit(std::size_t size) noexcept;

  /// Continues this chain with `next`, in constant time. A block without bytes in a longer chain is released.
  Result<> cont(Message_Block&& next) noexcept;
  /// Copies `bytes` to the end: into the room that is there, then into one new block of at least 4 KiB.
  Result<> append(Const_Bytes bytes) noexcept;

  /// Releases the chain; iterative, whatever its length.
  void clear() noexcept {
    if (first_ != nullptr) release_all();
  }

 private:
  friend class Block_Pool;
  struct Block;
  struct Storage;
  struct Foreign;

  Message_Block(Block* only, std::size_t length) noexcept : first_(only), last_(only), length_(length) {}
  static void release(Block* block) noexcept;
  void release_all() noexcept;

  // A chain of more than one block has no block without bytes.
  Block* first_ = nullptr;
  Block* last_ = nullptr;
  std::size_t length_ = 0;
};

}  // namespace v1
}  // namespace strata
