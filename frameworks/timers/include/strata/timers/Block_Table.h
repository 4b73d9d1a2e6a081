// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <new>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Objects named by their index, in blocks of 2^`bits` that never move and are kept until the table dies. @threads loop
template <class T, unsigned bits>
class Block_Table {
 public:
  static constexpr std::uint32_t block_size = 1u << bits;

  Block_Table() = default;
  Block_Table(const Block_Table&) = delete;
  Block_Table& operator=(const Block_Table&) = delete;
  ~Block_Table() {
    for (std::uint32_t i = 0; i < count_; ++i) delete[] blocks_[i];
    delete[] blocks_;
  }

  T& operator[](std::uint32_t index) const noexcept { return blocks_[index >> bits][index & (block_size - 1)]; }
  std::uint32_t size() const noexcept { return count_ << bits; }

  /// One more block of default-initialised objects; false where there is no memory.
  bool grow() noexcept {
    if (count_ == capacity_ && !widen()) return false;
    blocks_[count_] = new (std::nothrow) T[block_size];
    if (blocks_[count_] == nullptr) return false;
    ++count_;
    return true;
  }

 private:
  bool widen() noexcept {
    const std::uint32_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
    if (capacity > 1u << (31 - bits)) return false;
    T** blocks = new (std::nothrow) T*[capacity];
    if (blocks == nullptr) return false;
    for (std::uint32_t i = 0; i < count_; ++i) blocks[i] = blocks_[i];
    delete[] blocks_;
    blocks_ = blocks;
    capacity_ = capacity;
    return true;
  }

  T** blocks_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t capacity_ = 0;
};

}  // namespace v1
}  // namespace strata
