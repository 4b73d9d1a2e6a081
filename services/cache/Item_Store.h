// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "Item_Index.h"
#include "Item_Ring.h"

namespace cache {

struct Store_Limits {
  std::size_t memory = 64 * 1024 * 1024;  ///< bytes of items and index together, every byte of overhead counted
  std::size_t max_item = 1024 * 1024;     ///< bytes of a value; at most a sixteenth of the memory
};

struct Store_Counts {
  std::uint64_t stored = 0;   ///< items, since the beginning
  std::uint64_t evicted = 0;  ///< live ones that had to make room
  std::uint64_t expired = 0;  ///< found expired, whenever that was
  std::uint64_t moved = 0;    ///< written anew to keep them
};

/// Items by key within a hard cap of memory. The items lie in a ring (Item_Ring.h). To make room the oldest is looked
/// at: one that is dead or expired goes, one that was used since it was written is written anew at the other end (the
/// second chance of the clock algorithm), any other is evicted; and while less than three quarters of the memory is
/// live, all that is live is kept. What one call does is bounded: a multiple of the bytes
/// that it stores, of which what others did not use is saved up, to 256 KiB and an item.
/// @threads home. Items that it hands out are valid until the next `put`.
class Item_Store {
 public:
  /// `seed` makes the hash one that peers cannot foresee. std::bad_alloc.
  Item_Store(const Store_Limits& limits, std::uint64_t seed);

  /// Seconds since a time of the caller's choice, never back; 0 is not used: see Item::expires.
  void set_time(std::uint32_t seconds) noexcept { now_ = seconds; }
  std::uint32_t time() const noexcept { return now_; }

  /// The live item, or null. `use`: it counts as used.
  Item* find(std::string_view key, bool use = true) noexcept;
  /// A value to be written into what it returns, by the caller, before anything else is called; it replaces the key's
  /// former one and has a new cas. Null: it is too large. What `find` gave is no longer valid.
  Item* put(std::string_view key, std::size_t value_size, std::uint32_t flags, std::uint32_t expires) noexcept;
  void remove(Item& item) noexcept;
  void touch(Item& item, std::uint32_t expires) noexcept {
    item.expires = expires;
    item.used = true;
  }
  void renew(Item& item) noexcept { item.cas = ++cas_; }  ///< it was changed in place
  void flush() noexcept { flushed_ = ++cas_; }            ///< all items of now are gone

  std::size_t max_item() const noexcept { return max_item_; }
  std::size_t size() const noexcept { return index_.size(); }
  std::size_t live_bytes() const noexcept { return live_; }
  const Store_Counts& counts() const noexcept { return counts_; }

 private:
  bool gone(const Item& item) const noexcept {
    return item.cas <= flushed_ || (item.expires != 0 && item.expires <= now_);
  }
  std::uint32_t hash(std::string_view key) const noexcept;
  Item* rewrite(Item& item, std::size_t value_size) noexcept;
  void make_room(std::size_t size) noexcept;
  bool collecting() const noexcept;
  std::size_t look_at_oldest() noexcept;

  std::size_t max_item_;
  Item_Ring ring_;
  Item_Index index_;
  std::size_t reserve_;  // always free, so that any item can be moved
  std::uint64_t seed_;
  std::uint64_t cas_ = 0;
  std::uint64_t flushed_ = 0;  // what has at most this cas is gone
  std::uint32_t now_ = 1;
  std::size_t live_ = 0;  // bytes
  std::size_t credit_ = 0;  // bytes that may be moved to keep them
  Store_Counts counts_;
};

}  // namespace cache
