// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

enum class Map_Access : std::uint8_t {
  read,     ///< to read
  shared,   ///< to read and to write; others who map the file see it, and it reaches the file
  private_copy,  ///< to read and to write for this mapping alone
};

/// A part of a file, or of shared memory, in this process's memory; owns the mapping, and needs the file no more.
/// Move-only. Whoever shortens the file under a mapping takes its pages away: to touch them is SIGBUS (mmap(2)).
/// @threads any; the bytes are as shared as any memory
class Memory_Map {
 public:
  Memory_Map() noexcept = default;  ///< of nothing
  Memory_Map(Memory_Map&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Memory_Map& operator=(Memory_Map&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Memory_Map();

  /// `size` bytes from `offset`, a multiple of the page (4096 will do). Size 0 maps nothing, and is no error. Errors:
  /// invalid_argument (the offset), value_too_large, permission_denied (the descriptor's mode), not_enough_memory.
  static Result<Memory_Map> open(Handle file, std::size_t size, Map_Access access = Map_Access::read,
                                 std::uint64_t offset = 0) noexcept;

  Bytes bytes() noexcept { return bytes_; }  ///< to write only where the access allows it
  Const_Bytes bytes() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  /// Returns when what was written has reached the file. Source: msync(2).
  Result<> sync() noexcept;

 private:
  explicit Memory_Map(Bytes bytes) noexcept : bytes_(bytes) {}
  Bytes bytes_;
};

}  // namespace os
}  // namespace v1
}  // namespace strata
