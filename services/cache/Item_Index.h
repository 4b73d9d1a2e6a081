// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "Item_Ring.h"

namespace cache {

/// Finds items by their keys: chains that grow by one at a time (linear hashing, Litwin 1980), so that no call waits
/// for a whole table to be built anew. The table is of fixed size and touched as far as it is used.
class Item_Index {
 public:
  /// `most` chains, a power of two. std::bad_alloc.
  Item_Index(Item_Ring& ring, std::size_t most);

  std::size_t size() const noexcept { return size_; }
  /// Null when there is none. `hash` is the key's.
  Item* find(std::string_view key, std::uint32_t hash) noexcept;
  void insert(Item& item) noexcept;
  void remove(Item& item) noexcept;
  /// `to` stands for `from` now; both have the same key.
  void replace(const Item& from, Item& to) noexcept;

 private:
  struct Free {
    void operator()(Ref* table) const noexcept { std::free(table); }
  };
  std::size_t chain_of(std::uint32_t hash) const noexcept {
    const std::size_t wide = hash & (2 * base_ - 1);
    return wide < chains_ ? wide : hash & (base_ - 1);
  }
  Ref* link_to(const Item& item) noexcept;
  void split_one() noexcept;

  Item_Ring& ring_;
  std::size_t most_;
  std::unique_ptr<Ref[], Free> table_;
  std::size_t base_;    // the largest power of two of chains that there are
  std::size_t chains_;  // base_ to 2 * base_
  std::size_t size_ = 0;
};

}  // namespace cache
