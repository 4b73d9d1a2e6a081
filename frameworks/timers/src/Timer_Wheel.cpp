// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Timer_Wheel.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <memory>
#include <new>

namespace strata {
inline namespace v1 {
namespace {

constexpr Chunk_Pool::Entry kind_mask = Timer_Queue::kinds - 1;

Chunk_Pool::Entry tag(Timer_Node& node, unsigned kind) noexcept {
  return reinterpret_cast<Chunk_Pool::Entry>(&node) | kind;
}
Timer_Node& node_of(Chunk_Pool::Entry entry) noexcept {
  return *reinterpret_cast<Timer_Node*>(entry & ~kind_mask);
}

}  // namespace

Timer_Wheel::~Timer_Wheel() { assert(size() == 0); }

Result<> Timer_Wheel::schedule(Timer_Node& node, Tick deadline, unsigned kind) noexcept {
  assert(!node.filed() && kind < kinds);
  stamp(node, deadline);
  deadline = node.deadline();
  if (!append(deadline <= now_ ? overdue : slot_of(deadline), node, tag(node, kind))) {
    return fail(std::errc::not_enough_memory);
  }
  ++size_;
  return {};
}

void Timer_Wheel::cancel(Timer_Node& node) noexcept {
  assert(node.filed());
  remove(place(node));
  set_place(node, 0);
  --size_;
}

void Timer_Wheel::advance(Timer_Node& node, Tick earlier) noexcept {
  const std::uint32_t old = place(node);
  const std::uint32_t chunk = old / Chunk_Pool::stride;
  stamp(node, earlier);
  if (append(earlier <= now_ ? overdue : slot_of(earlier), node, pool_[chunk].entries[old % Chunk_Pool::stride])) {
    remove(old);
  } else {
    strand(chunk);
  }
}

Tick Timer_Wheel::nearest() const noexcept {
  if (lists_[overdue].head != 0) return now_;
  return busy_ == 0 ? max_tick : start_of(first_slot());
}

std::size_t Timer_Wheel::expire(Tick now) noexcept {
  assert(!expiring_);
  expiring_ = true;
  now_ = std::max(now_, std::min(now, max_tick));
  unripe_ = order_;
  std::size_t fired = lists_[overdue].head != 0 ? fire_list(overdue) : 0;
  while (busy_ != 0) {
    const unsigned slot = first_slot();
    const Tick start = start_of(slot);
    if (start > now_) break;
    position_ = start;
    if (slot < level_slots) {
      fired += fire_list(slot);
    } else {
      cascade(slot);
    }
  }
  position_ = now_;
  expiring_ = false;
  return fired;
}

// --- where a deadline belongs -----------------------------------------------------------------------------------------

unsigned Timer_Wheel::slot_of(Tick deadline) const noexcept {
  const auto highest_bit = static_cast<unsigned>(std::bit_width((deadline ^ position_) | 1)) - 1;
  const unsigned level = highest_bit / level_bits;
  return level * level_slots + static_cast<unsigned>(deadline >> (level * level_bits)) % level_slots;
}

Tick Timer_Wheel::start_of(unsigned slot) const noexcept {
  const unsigned shift = slot / level_slots * level_bits;
  const Tick block = position_ >> shift >> level_bits << level_bits;
  return (block | slot % level_slots) << shift;
}

unsigned Timer_Wheel::first_slot() const noexcept {
  const auto word = static_cast<unsigned>(std::countr_zero(busy_));
  return word * 64 + static_cast<unsigned>(std::countr_zero(occupied_[word]));
}

void Timer_Wheel::mark(unsigned slot) noexcept {
  if (slot >= overdue) return;
  occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
  busy_ |= 1u << slot / 64;
}

void Timer_Wheel::unmark(unsigned slot) noexcept {
  if (slot >= overdue) return;
  occupied_[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
  if (occupied_[slot / 64] == 0) busy_ &= ~(1u << slot / 64);
}

// --- lists of chunks --------------------------------------------------------------------------------------------------

bool Timer_Wheel::append(unsigned slot, Timer_Node& node, Entry entry) noexcept {
  std::uint32_t tail = lists_[slot].tail;
  if (tail == 0 || pool_[tail].used == Chunk_Pool::capacity) {
    tail = pool_.acquire();
    if (tail == 0) return false;
    pool_[tail].used = 0;
    link(slot, tail);
  }
  Chunk& chunk = pool_[tail];
  chunk.entries[chunk.used] = entry;
  set_place(node, tail * Chunk_Pool::stride + chunk.used++);
  return true;
}

void Timer_Wheel::remove(std::uint32_t place) noexcept {
  const std::uint32_t index = place / Chunk_Pool::stride;
  const std::uint32_t position = place % Chunk_Pool::stride;
  Chunk& chunk = pool_[index];
  chunk.entries[position] = 0;
  if (position + 1 != chunk.used) return;
  shrink(chunk);
  if (chunk.used == 0 && chunk.slot != firing) {
    unlink(index);
    pool_.release(index);
  }
}

void Timer_Wheel::shrink(Chunk& chunk) noexcept {
  while (chunk.used != 0 && chunk.entries[chunk.used - 1] == 0) --chunk.used;
}

void Timer_Wheel::link(unsigned slot, std::uint32_t index) noexcept {
  List& list = lists_[slot];
  Chunk& chunk = pool_[index];
  chunk.next = 0;
  chunk.prev = list.tail;
  chunk.slot = slot;
  if (list.tail != 0) {
    pool_[list.tail].next = index;
  } else {
    list.head = index;
    mark(slot);
  }
  list.tail = index;
}

void Timer_Wheel::unlink(std::uint32_t index) noexcept {
  const Chunk& chunk = pool_[index];
  List& list = lists_[chunk.slot];
  (chunk.prev != 0 ? pool_[chunk.prev].next : list.head) = chunk.next;
  (chunk.next != 0 ? pool_[chunk.next].prev : list.tail) = chunk.prev;
  if (list.head == 0) unmark(chunk.slot);
}

void Timer_Wheel::strand(std::uint32_t index) noexcept {
  if (pool_[index].slot >= overdue) return;
  unlink(index);
  link(overdue, index);
}

// --- expiry -----------------------------------------------------------------------------------------------------------

void Timer_Wheel::take(unsigned slot) noexcept {
  lists_[firing] = lists_[slot];
  lists_[slot] = {};
  unmark(slot);
}

bool Timer_Wheel::refile(Timer_Node& node, Entry entry) noexcept {
  const Tick deadline = node.deadline();
  const bool later_call = deadline <= now_ && order(node) >= unripe_;
  return append(later_call ? overdue : slot_of(deadline), node, entry);
}

void Timer_Wheel::retire(std::uint32_t index) noexcept {
  Chunk& chunk = pool_[index];
  lists_[firing].head = chunk.next;
  shrink(chunk);
  if (chunk.used == 0) {
    pool_.release(index);
  } else {
    link(overdue, index);
  }
}

void Timer_Wheel::prefetch(std::uint32_t index) const noexcept {
  const Chunk& chunk = pool_[index];
  for (std::uint32_t i = 0; i < chunk.used; ++i) __builtin_prefetch(reinterpret_cast<void*>(chunk.entries[i]), 1);
}

void Timer_Wheel::cascade(unsigned slot) noexcept {
  take(slot);
  prefetch(lists_[firing].head);
  while (const std::uint32_t index = lists_[firing].head) {
    Chunk& chunk = pool_[index];
    if (chunk.next != 0) prefetch(chunk.next);
    for (std::uint32_t i = 0; i < chunk.used; ++i) {
      const Entry entry = chunk.entries[i];
      if (entry != 0 && refile(node_of(entry), entry)) chunk.entries[i] = 0;
    }
    retire(index);
  }
}

std::size_t Timer_Wheel::fire_list(unsigned slot) noexcept {
  take(slot);
  if (!survey()) sort_due();
  std::size_t fired = 0;
  while (const std::uint32_t index = lists_[firing].head) {
    Chunk& chunk = pool_[index];
    for (std::uint32_t i = 0; i < chunk.used; ++i) {
      const Entry entry = chunk.entries[i];
      if (entry == 0) continue;
      Timer_Node& node = node_of(entry);
      if (due(node)) {
        chunk.entries[i] = 0;
        set_place(node, 0);
        --size_;
        ++fired;
        fire(node, static_cast<unsigned>(entry & kind_mask));
      } else if (refile(node, entry)) {
        chunk.entries[i] = 0;
      }
    }
    retire(index);
  }
  return fired;
}

bool Timer_Wheel::survey() noexcept {
  std::uint64_t high = 0;
  std::uint32_t low = 0;
  bool sorted = true;
  prefetch(lists_[firing].head);
  for (std::uint32_t index = lists_[firing].head; index != 0; index = pool_[index].next) {
    Chunk& chunk = pool_[index];
    chunk.slot = firing;
    if (chunk.next != 0) prefetch(chunk.next);
    for (std::uint32_t i = 0; i < chunk.used; ++i) {
      if (chunk.entries[i] == 0) continue;
      const Timer_Node& node = node_of(chunk.entries[i]);
      if (!due(node)) continue;
      sorted &= key_high(node) > high || (key_high(node) == high && key_low(node) >= low);
      high = key_high(node);
      low = key_low(node);
    }
  }
  return sorted;
}

void Timer_Wheel::sort_due() noexcept {
  struct Keyed {
    std::uint64_t high;
    std::uint32_t low;
    Entry entry;
    bool operator<(const Keyed& other) const noexcept {
      return high != other.high ? high < other.high : low < other.low;
    }
  };
  std::size_t count = 0;
  for_each_due([&](Entry&, std::uint32_t) { ++count; });
  const std::unique_ptr<Keyed[]> keyed{new (std::nothrow) Keyed[count]};
  if (keyed == nullptr) return;
  Keyed* next = keyed.get();
  for_each_due([&](Entry& entry, std::uint32_t) {
    const Timer_Node& node = node_of(entry);
    *next++ = {key_high(node), key_low(node), entry};
  });
  std::sort(keyed.get(), next);
  next = keyed.get();
  for_each_due([&](Entry& entry, std::uint32_t entry_place) {
    entry = next++->entry;
    set_place(node_of(entry), entry_place);
  });
}

template <class Visitor>
void Timer_Wheel::for_each_due(Visitor visit) noexcept {
  for (std::uint32_t index = lists_[firing].head; index != 0; index = pool_[index].next) {
    Chunk& chunk = pool_[index];
    for (std::uint32_t i = 0; i < chunk.used; ++i) {
      if (chunk.entries[i] != 0 && due(node_of(chunk.entries[i]))) {
        visit(chunk.entries[i], index * Chunk_Pool::stride + i);
      }
    }
  }
}

void Timer_Wheel::visit_all(Visit visit, void* context) const {
  for (const List& list : lists_) {
    for (std::uint32_t index = list.head; index != 0; index = pool_[index].next) {
      const Chunk& chunk = pool_[index];
      for (std::uint32_t i = 0; i < chunk.used; ++i) {
        const Entry entry = chunk.entries[i];
        if (entry != 0) visit(context, node_of(entry), static_cast<unsigned>(entry & kind_mask));
      }
    }
  }
}

}  // namespace v1
}  // namespace strata
