// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace bench {

// The floor for refreshed timers: a binary heap of 16-byte entries that is touched only when an entry comes up. A
// refresh stores the deadline, a cancel marks the node. A node must outlive its entry, so until the heap is gone or its
// filed tick has passed.
class Lazy_Heap {
 public:
  using Tick = std::uint64_t;
  static constexpr Tick never = std::numeric_limits<Tick>::max();
  struct Node {
    Tick deadline = never;
    Tick filed = never;  // the tick of the entry that counts; entries with another one are stale
    void (*callback)(void* arg) = nullptr;
    void* arg = nullptr;
  };

  void reserve(std::size_t entries) { heap_.reserve(entries); }

  // Any node, also a cancelled one whose entry has not come up yet.
  void schedule(Node& node, Tick deadline) {
    node.deadline = deadline;
    if (node.filed > deadline) push(node);  // unfiled is `never`; an earlier entry comes up and finds the new deadline
  }

  // Of a scheduled node, to the same or a later tick.
  static void refresh(Node& node, Tick deadline) noexcept { node.deadline = deadline; }

  static void cancel(Node& node) noexcept { node.deadline = never; }

  // Fires all that are due at `now` or before in order of their ticks; returns how many. Refiles the refreshed.
  std::size_t expire(Tick now) {
    std::size_t fired = 0;
    while (!heap_.empty() && heap_.front().tick <= now) {
      const Entry entry = pop();
      Node& node = *entry.node;
      if (node.filed != entry.tick) continue;
      node.filed = never;
      if (node.deadline == never) continue;
      if (node.deadline > entry.tick) {
        push(node);
        continue;
      }
      node.deadline = never;
      node.callback(node.arg);
      ++fired;
    }
    return fired;
  }

 private:
  struct Entry {
    Tick tick;
    Node* node;
  };
  static bool later(const Entry& a, const Entry& b) noexcept { return a.tick > b.tick; }

  void push(Node& node) {
    node.filed = node.deadline;
    heap_.push_back({node.deadline, &node});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  Entry pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    return entry;
  }

  std::vector<Entry> heap_;
};

}  // namespace bench
