// SPDX-License-Identifier: Apache-2.0
#include "Item_Index.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <new>

namespace cache {

Item_Index::Item_Index(Item_Ring& ring, std::size_t most)
    : ring_(ring),
      most_(most),
      table_(static_cast<Ref*>(std::calloc(most, sizeof(Ref)))),  // zeroed by the kernel, page by page
      base_(std::min<std::size_t>(most, 1024)),
      chains_(base_) {
  assert(std::has_single_bit(most));
  if (!table_) throw std::bad_alloc{};
}

Item* Item_Index::find(std::string_view key, std::uint32_t hash) noexcept {
  for (Ref ref = table_[chain_of(hash)]; ref != 0;) {
    Item& item = ring_.at(ref);
    if (item.hash == hash && item.key() == key) return &item;
    ref = item.next;
  }
  return nullptr;
}

void Item_Index::insert(Item& item) noexcept {
  Ref& first = table_[chain_of(item.hash)];
  item.next = first;
  first = ring_.ref(item);
  if (++size_ > chains_ && chains_ < most_) split_one();
}

Ref* Item_Index::link_to(const Item& item) noexcept {
  const Ref wanted = ring_.ref(item);
  Ref* link = &table_[chain_of(item.hash)];
  while (*link != wanted) link = &ring_.at(*link).next;
  return link;
}

void Item_Index::remove(Item& item) noexcept {
  *link_to(item) = item.next;
  --size_;
}

void Item_Index::replace(const Item& from, Item& to) noexcept {
  Ref* const link = link_to(from);
  to.next = from.next;
  *link = ring_.ref(to);
}

void Item_Index::split_one() noexcept {
  const std::size_t fresh = chains_++;
  Ref* old = &table_[fresh - base_];
  Ref* moved = &table_[fresh];
  while (*old != 0) {
    Item& item = ring_.at(*old);
    if ((item.hash & (2 * base_ - 1)) != fresh) {
      old = &item.next;
      continue;
    }
    const Ref ref = *old;
    *old = item.next;
    item.next = 0;
    *moved = ref;
    moved = &item.next;
  }
  if (chains_ == 2 * base_ && chains_ < most_) base_ *= 2;
}

}  // namespace cache
