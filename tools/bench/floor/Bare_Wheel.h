// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace bench {

// The floor for timers: a hierarchical wheel of 4 × 256 slots, ticks of 1 ms, intrusive doubly linked nodes. Eager: a
// refresh is cancel + schedule. No ids, no checks, no allocation. A node must stay in place from schedule() until it is
// cancelled or has fired.
class Bare_Wheel {
 public:
  using Tick = std::uint64_t;
  struct Link {
    Link* prev = nullptr;
    Link* next = nullptr;
  };
  struct Node : Link {
    Tick deadline = 0;
    void (*callback)(void* arg) = nullptr;
    void* arg = nullptr;
  };

  explicit Bare_Wheel(Tick now = 0) noexcept : next_tick_(now) {
    for (Link& slot : slots_) slot.prev = slot.next = &slot;
  }
  Bare_Wheel(const Bare_Wheel&) = delete;
  Bare_Wheel& operator=(const Bare_Wheel&) = delete;

  // The node must not be filed. A past deadline fires at the next tick; one beyond 2^32 ticks is refiled on the way.
  void schedule(Node& node, Tick deadline) noexcept {
    node.deadline = deadline;
    file(node);
  }

  // The node must be filed; allowed in any callback.
  static void cancel(Node& node) noexcept {
    node.prev->next = node.next;
    node.next->prev = node.prev;
  }

  // Fires what is due at `now` or before, tick by tick; returns how many. A callback's own timers fire at a later tick.
  std::size_t expire(Tick now) {
    std::size_t fired = 0;
    while (next_tick_ <= now) {
      for (unsigned level = 1; level < levels && index(next_tick_, level - 1) == 0; ++level) cascade(level);
      Link& slot = slots_[index(next_tick_++, 0)];
      fired += fire(slot);
    }
    return fired;
  }

 private:
  static constexpr unsigned levels = 4;
  static constexpr unsigned bits = 8;
  static constexpr Tick slots_a_level = Tick{1} << bits;

  static unsigned index(Tick tick, unsigned level) noexcept {
    return static_cast<unsigned>(tick >> (bits * level)) & (slots_a_level - 1);
  }

  void file(Node& node) noexcept {
    const Tick deadline = node.deadline < next_tick_ ? next_tick_ : node.deadline;
    const Tick distance = deadline - next_tick_;
    unsigned level = 0;
    while (level < levels - 1 && distance >> (bits * (level + 1)) != 0) ++level;
    const Tick reach = (Tick{1} << (bits * levels)) - 1;
    const Tick place = distance > reach ? next_tick_ + reach : deadline;
    append(slots_[level * slots_a_level + index(place, level)], node);
  }

  static void append(Link& slot, Node& node) noexcept {
    node.prev = slot.prev;
    node.next = &slot;
    slot.prev->next = &node;
    slot.prev = &node;
  }

  void cascade(unsigned level) noexcept {
    Link& slot = slots_[level * slots_a_level + index(next_tick_, level)];
    Link* link = slot.next;
    slot.prev = slot.next = &slot;
    while (link != &slot) {
      Node& node = static_cast<Node&>(*link);
      link = link->next;
      file(node);
    }
  }

  // The slot is next used in 256 ticks, so callbacks may file while it empties; one at a time, so that they may cancel.
  static std::size_t fire(Link& slot) {
    std::size_t fired = 0;
    for (; slot.next != &slot; ++fired) {
      Node& node = static_cast<Node&>(*slot.next);
      cancel(node);
      node.callback(node.arg);
    }
    return fired;
  }

  Tick next_tick_;
  std::array<Link, levels * slots_a_level> slots_;
};

}  // namespace bench
