// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/os/Export.h>
#include <strata/timers/Block_Table.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// The memory of Timer_Wheel: chunks of 32 tagged node pointers, and apart from them, so that they stay in the cache,
/// the chunks' headers. A chunk is named by its index, of which 0 stands for none, an entry by its place, chunk * 32 +
/// position. @threads loop
class Chunk_Pool {
 public:
  using Entry = std::uintptr_t;  // a node's address | its kind; 0: is gone
  static constexpr std::uint32_t capacity = 32;

  struct Header {
    std::uint32_t next;
    std::uint32_t prev;
    std::uint32_t slot;  // the list that it belongs to
    std::uint32_t used;  // entries from here on were never written
  };

  Chunk_Pool() = default;
  Chunk_Pool(const Chunk_Pool&) = delete;
  Chunk_Pool& operator=(const Chunk_Pool&) = delete;
  ~Chunk_Pool();

  Header& header(std::uint32_t chunk) const noexcept { return headers_[chunk]; }
  Entry& entry(std::uint32_t place) const noexcept { return entries_[place]; }
  Entry* entries(std::uint32_t chunk) const noexcept { return &entries_[chunk * capacity]; }
  std::uint8_t& dead(std::uint32_t chunk) const noexcept { return dead_[chunk]; }  ///< entries that were cancelled

  /// A chunk without entries; 0 where there is no memory.
  std::uint32_t acquire() noexcept {
    std::uint32_t chunk = free_;
    if (chunk != 0) {
      free_ = headers_[chunk].next;
    } else if (fresh_ < entries_.size() / capacity || grow()) {
      chunk = fresh_++;
    } else {
      return 0;
    }
    headers_[chunk].used = capacity;
    dead_[chunk] = 0;
    return chunk;
  }
  void release(std::uint32_t chunk) noexcept {
    headers_[chunk].next = free_;
    free_ = chunk;
  }

 private:
  bool grow() noexcept;
  bool grow_headers(std::uint32_t chunks) noexcept;

  Block_Table<Entry, 13> entries_;  // blocks of 64 KiB
  Header* headers_ = nullptr;
  std::uint8_t* dead_ = nullptr;
  std::uint32_t header_count_ = 0;
  std::uint32_t free_ = 0;
  std::uint32_t fresh_ = 1;
};

}  // namespace v1
}  // namespace strata
