// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Timer_Wheel.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <memory>
#include <new>
#include <utility>

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
  deadline = std::min(deadline, max_tick);
  stamp(node, deadline);
  const unsigned slot = deadline <= now_ ? overdue : slot_of(deadline);
  const Entry entry = tag(node, kind);
  if (!append_to_tail(slot, node, entry)) [[unlikely]] return schedule_in_new_chunk(slot, node, entry);
  ++size_;
  return {};
}

// Apart, so that schedule() calls nothing and saves no register.
[[gnu::noinline]] Result<> Timer_Wheel::schedule_in_new_chunk(unsigned slot, Timer_Node& node, Entry entry) noexcept {
  if (!append_to_new_chunk(slot, node, entry)) return fail(std::errc::not_enough_memory);
  ++size_;
  return {};
}

void Timer_Wheel::cancel(Timer_Node& node) noexcept {
  assert(node.filed());
  const std::uint32_t at = place(node);
  set_place(node, 0);
  --size_;
  remove(at);
}

void Timer_Wheel::advance(Timer_Node& node, Tick earlier) noexcept {
  const std::uint32_t old = place(node);
  stamp(node, earlier);
  if (append(earlier <= now_ ? overdue : slot_of(earlier), node, pool_.entry(old))) {
    remove(old);
  } else {
    strand(old / Chunk_Pool::capacity);
  }
}

Tick Timer_Wheel::nearest() const noexcept {
  if (size_ == 0) return max_tick;
  return cursors_[overdue] != 0 ? now_ : start_of(first_slot());
}

std::size_t Timer_Wheel::expire(Tick now) noexcept {
  assert(!expiring_);
  expiring_ = true;
  now_ = std::max(now_, std::min(now, max_tick));
  unripe_ = order_;
  fired_ = 0;
  if (cursors_[overdue] != 0) fire_list(overdue);
  while (busy_ != 0) {
    const unsigned slot = first_slot();
    const Tick start = start_of(slot);
    if (start > now_) break;
    position_ = start;
    if (slot < level_slots) {
      fire_list(slot);
    } else {
      cascade(slot);
    }
  }
  position_ = now_;
  expiring_ = false;
  return fired_;
}

// Where a deadline belongs.

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

// Rings of chunks.

inline bool Timer_Wheel::append_to_tail(unsigned slot, Timer_Node& node, Entry entry) noexcept {
  const std::uint32_t at = cursors_[slot];
  if (at % Chunk_Pool::capacity == 0) return false;
  cursors_[slot] = at + 1;
  set_place(node, at);
  pool_.entry(at) = entry;
  return true;
}

[[gnu::noinline]] bool Timer_Wheel::append_to_new_chunk(unsigned slot, Timer_Node& node, Entry entry) noexcept {
  const std::uint32_t chunk = pool_.acquire();
  if (chunk == 0) return false;
  link(slot, chunk);
  cursors_[slot] = chunk * Chunk_Pool::capacity + 1;
  set_place(node, chunk * Chunk_Pool::capacity);
  Entry* entries = pool_.entries(chunk);
  *entries = entry;
  for (std::uint32_t i = 0; i < Chunk_Pool::capacity; i += 64 / sizeof(Entry)) __builtin_prefetch(entries + i, 1);
  return true;
}

inline bool Timer_Wheel::append(unsigned slot, Timer_Node& node, Entry entry) noexcept {
  return append_to_tail(slot, node, entry) || append_to_new_chunk(slot, node, entry);
}

inline void Timer_Wheel::remove(std::uint32_t place) noexcept {
  const std::uint32_t chunk = place / Chunk_Pool::capacity;
  pool_.entry(place) = 0;
  if (++pool_.dead(chunk) == Chunk_Pool::capacity) [[unlikely]] discard(chunk);
}

[[gnu::noinline]] void Timer_Wheel::discard(std::uint32_t chunk) noexcept {
  if (pool_.header(chunk).slot == firing) return;
  unlink(chunk);
  pool_.release(chunk);
}

// Between the tail and the head; the cursor stays, unless there was no other.
void Timer_Wheel::link(unsigned slot, std::uint32_t chunk) noexcept {
  auto& header = pool_.header(chunk);
  header.slot = slot;
  if (cursors_[slot] == 0) {
    header.next = header.prev = chunk;
    cursors_[slot] = (chunk + 1) * Chunk_Pool::capacity;
    mark(slot);
    return;
  }
  const std::uint32_t tail = tail_of(slot);
  header.prev = tail;
  header.next = std::exchange(pool_.header(tail).next, chunk);
  pool_.header(header.next).prev = chunk;
}

void Timer_Wheel::unlink(std::uint32_t chunk) noexcept {
  const auto& header = pool_.header(chunk);
  if (header.next == chunk) {
    cursors_[header.slot] = 0;
    unmark(header.slot);
    return;
  }
  pool_.header(header.prev).next = header.next;
  pool_.header(header.next).prev = header.prev;
  if (tail_of(header.slot) == chunk) cursors_[header.slot] = (header.prev + 1) * Chunk_Pool::capacity;
}

void Timer_Wheel::strand(std::uint32_t chunk) noexcept {
  auto& header = pool_.header(chunk);
  if (header.slot >= overdue) return;
  if (tail_of(header.slot) == chunk) header.used = cursors_[header.slot] - chunk * Chunk_Pool::capacity;
  unlink(chunk);
  keep(chunk);
}

void Timer_Wheel::keep(std::uint32_t chunk) noexcept {
  Entry* entries = pool_.entries(chunk);
  std::fill(entries + pool_.header(chunk).used, entries + Chunk_Pool::capacity, 0);
  pool_.header(chunk).used = Chunk_Pool::capacity;
  pool_.dead(chunk) = static_cast<std::uint8_t>(std::count(entries, entries + Chunk_Pool::capacity, 0));
  link(overdue, chunk);
}

// Expiry.

void Timer_Wheel::take(unsigned slot) noexcept {
  const std::uint32_t tail = tail_of(slot);
  pool_.header(tail).used = std::exchange(cursors_[slot], 0) - tail * Chunk_Pool::capacity;
  firing_ = std::exchange(pool_.header(tail).next, 0);
  for (std::uint32_t chunk = firing_; chunk != 0; chunk = pool_.header(chunk).next) pool_.header(chunk).slot = firing;
  unmark(slot);
  prefetch(firing_);
}

inline bool Timer_Wheel::refile(Timer_Node& node, Entry entry) noexcept {
  const Tick deadline = node.deadline();
  const bool later_call = deadline <= now_ && order(node) >= unripe_;
  return append(later_call ? overdue : slot_of(deadline), node, entry);
}

void Timer_Wheel::retire(std::uint32_t chunk, bool is_empty) noexcept {
  firing_ = pool_.header(chunk).next;
  if (is_empty) {
    pool_.release(chunk);
  } else {
    keep(chunk);
  }
}

inline void Timer_Wheel::prefetch(std::uint32_t chunk) const noexcept {
  if (chunk == 0) return;
  const Entry* entries = pool_.entries(chunk);
  for (std::uint32_t i = 0, used = pool_.header(chunk).used; i < used; ++i) {
    __builtin_prefetch(reinterpret_cast<void*>(entries[i]), 1);
  }
}

void Timer_Wheel::cascade(unsigned slot) noexcept {
  for (take(slot); firing_ != 0;) retire(firing_, cascade_chunk(firing_));
}

bool Timer_Wheel::cascade_chunk(std::uint32_t chunk) noexcept {
  prefetch(pool_.header(chunk).next);
  Entry* entries = pool_.entries(chunk);
  bool all = true;
  for (std::uint32_t i = 0, used = pool_.header(chunk).used; i < used; ++i) {
    if (entries[i] == 0) continue;
    const bool moved = refile(node_of(entries[i]), entries[i]);
    if (moved) entries[i] = 0;
    all &= moved;
  }
  return all;
}

void Timer_Wheel::fire_list(unsigned slot) noexcept {
  take(slot);
  if (!in_order()) sort_due();
  while (firing_ != 0) retire(firing_, fire_chunk(firing_));
}

bool Timer_Wheel::fire_chunk(std::uint32_t chunk) noexcept {
  Entry* entries = pool_.entries(chunk);
  bool all = true;
  for (std::uint32_t i = 0, used = pool_.header(chunk).used; i < used; ++i) {
    const Entry entry = entries[i];
    if (entry == 0) continue;
    Timer_Node& node = node_of(entry);
    if (due(node)) [[likely]] {
      entries[i] = 0;
      set_place(node, 0);
      --size_;
      ++fired_;
      fire(node, static_cast<unsigned>(entry & kind_mask));
    } else if (refile(node, entry)) {
      entries[i] = 0;
    } else {
      all = false;
    }
  }
  return all;
}

// True when the entries that fire, or all, ascend, and the last is due, so that all are.
bool Timer_Wheel::in_order() const noexcept {
  std::uint64_t high = 0;
  std::uint32_t low = 0;
  bool ascending = true;
  for (std::uint32_t chunk = firing_; chunk != 0; chunk = pool_.header(chunk).next) {
    prefetch(pool_.header(chunk).next);
    const Entry* entries = pool_.entries(chunk);
    for (std::uint32_t i = 0, used = pool_.header(chunk).used; i < used; ++i) {
      if (entries[i] == 0) continue;
      const Timer_Node& node = node_of(entries[i]);
      ascending &= key_high(node) > high || (key_high(node) == high && key_low(node) >= low);
      high = key_high(node);
      low = key_low(node);
    }
  }
  return ascending && high >> (64 - tick_bits) <= position_;
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
void Timer_Wheel::for_each_due(Visitor visit) const {
  for (std::uint32_t chunk = firing_; chunk != 0; chunk = pool_.header(chunk).next) {
    Entry* entries = pool_.entries(chunk);
    for (std::uint32_t i = 0; i < pool_.header(chunk).used; ++i) {
      if (entries[i] != 0 && due(node_of(entries[i]))) visit(entries[i], chunk * Chunk_Pool::capacity + i);
    }
  }
}

void Timer_Wheel::visit_all(Visit visit, void* context) const {
  const auto visit_chunk = [&](std::uint32_t chunk, std::uint32_t used) {
    const Entry* entries = pool_.entries(chunk);
    for (std::uint32_t i = 0; i < used; ++i) {
      if (entries[i] != 0) visit(context, node_of(entries[i]), static_cast<unsigned>(entries[i] & kind_mask));
    }
  };
  for (unsigned slot = 0; slot <= overdue; ++slot) {
    if (cursors_[slot] == 0) continue;
    const std::uint32_t tail = tail_of(slot);
    visit_chunk(tail, cursors_[slot] - tail * Chunk_Pool::capacity);
    for (std::uint32_t chunk = pool_.header(tail).next; chunk != tail; chunk = pool_.header(chunk).next) {
      visit_chunk(chunk, Chunk_Pool::capacity);
    }
  }
  for (std::uint32_t chunk = firing_; chunk != 0; chunk = pool_.header(chunk).next) {
    visit_chunk(chunk, pool_.header(chunk).used);
  }
}

}  // namespace v1
}  // namespace strata
