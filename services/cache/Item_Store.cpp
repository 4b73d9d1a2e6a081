// SPDX-License-Identifier: Apache-2.0
#include "Item_Store.h"

#include <algorithm>
#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cache {
namespace {

constexpr std::size_t index_share = 16;  // of the memory; four bytes a chain
constexpr std::size_t most_credit = 256 * 1024;  // bytes that one call may move, after many that moved less

/// Chains for items of about 64 bytes; smaller ones make the chains longer.
std::size_t chains_for(std::size_t memory) { return std::bit_floor(memory / index_share / sizeof(Ref)); }
std::size_t ring_for(std::size_t memory) { return (memory - memory / index_share) / 8 * 8; }

}  // namespace

Item_Store::Item_Store(const Store_Limits& limits, std::uint64_t seed)
    : max_item_(std::min(limits.max_item, limits.memory / 16)),
      ring_(ring_for(limits.memory)),
      index_(ring_, chains_for(limits.memory)),
      reserve_(3 * Item::bytes_for(250, max_item_)),
      seed_(seed) {}

std::uint32_t Item_Store::hash(std::string_view key) const noexcept {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(key.data(), key.size(), seed_));
}

Item* Item_Store::find(std::string_view key, bool use) noexcept {
  Item* item = index_.find(key, hash(key));
  if (item == nullptr) return nullptr;
  if (gone(*item)) {
    ++counts_.expired;
    remove(*item);
    return nullptr;
  }
  if (use) item->used = true;
  return item;
}

void Item_Store::remove(Item& item) noexcept {
  index_.remove(item);
  item.state = Item::State::dead;
  live_ -= item.bytes();
}

Item* Item_Store::put(std::string_view key, std::size_t value_size, std::uint32_t flags,
                      std::uint32_t expires) noexcept {
  if (value_size > max_item_) return nullptr;
  const std::uint32_t hashed = hash(key);
  Item* former = index_.find(key, hashed);
  Item* item = former == nullptr ? nullptr : rewrite(*former, value_size);
  if (item == nullptr) {
    const std::size_t size = Item::bytes_for(key.size(), value_size);
    make_room(size);
    item = &ring_.append(size);
    *item = {.cas = 0, .next = 0, .hash = hashed, .flags = 0, .value_size = static_cast<std::uint32_t>(value_size),
             .expires = 0, .key_size = static_cast<std::uint16_t>(key.size()), .state = Item::State::live,
             .used = false};
    std::memcpy(item->text(), key.data(), key.size());
    index_.insert(*item);
    live_ += size;
  }
  item->cas = ++cas_;
  item->flags = flags;
  item->expires = expires;
  std::memcpy(item->text() + item->key_size + value_size, "\r\n", Item::end_size);
  ++counts_.stored;
  return item;
}

/// In its place, if it fits there exactly; else the former is dead, for its memory comes back with its turn.
Item* Item_Store::rewrite(Item& item, std::size_t value_size) noexcept {
  if (Item::bytes_for(item.key_size, value_size) != item.bytes()) {
    remove(item);
    return nullptr;
  }
  item.value_size = static_cast<std::uint32_t>(value_size);
  item.used = true;
  return &item;
}

/// Much is dead, and little is free: what is live moves together, ahead of need.
bool Item_Store::collecting() const noexcept {
  return live_ < ring_.capacity() / 4 * 3 && ring_.free() < ring_.capacity() / 8;
}

void Item_Store::make_room(std::size_t size) noexcept {
  const std::size_t enough = reserve_ + 2 * size;
  const std::size_t look = 8 * size + 512;
  credit_ = std::min(most_credit, credit_ + 2 * look);
  std::size_t looked = 0;
  while (ring_.free() < enough || (looked < look && collecting())) looked += look_at_oldest();
}

std::size_t Item_Store::look_at_oldest() noexcept {
  Item& item = *ring_.oldest();
  const std::size_t size = item.bytes();
  if (item.state == Item::State::live) {
    const bool expired = gone(item);
    const bool keep = !expired && credit_ != 0 && (item.used || live_ < ring_.capacity() / 4 * 3);
    if (keep) {
      Item& moved = ring_.append(size);
      std::memcpy(static_cast<void*>(&moved), static_cast<const void*>(&item), size);
      moved.used = false;
      credit_ -= std::min(credit_, size);
      index_.replace(item, moved);
      ++counts_.moved;
    } else {
      ++(expired ? counts_.expired : counts_.evicted);
      remove(item);
    }
  }
  ring_.drop_oldest();
  return size;
}

}  // namespace cache
