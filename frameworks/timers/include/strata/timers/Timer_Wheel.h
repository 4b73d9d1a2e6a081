// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/timers/Chunk_Pool.h>
#include <strata/timers/Timer_Node.h>
#include <strata/timers/Timer_Queue.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A hierarchical wheel: schedule, cancel and refresh are O(1), expire costs a few ns a timer and nothing for empty
/// ticks, however many have passed. `nearest()` is when the next slot comes up, so the loop may wake in vain at most
/// once for each level and once for each refreshed entry. @threads loop
///
/// 1. Level L has 256 slots of 256^L ticks. An entry is filed at tick F = its node's deadline; its level is that of the
///    highest byte in which F and `position_` differ, its slot that byte of F. So in each level only slots after
///    position_'s own byte are occupied, all of a level come before all of the next, and no slot wraps round.
/// 2. `position_` goes from one occupied slot to the next. A slot of level 0 fires, one of a higher level is filed
///    anew.
/// 3. A refresh only writes the node, so F <= the node's deadline; an entry whose node is not due yet is filed anew.
/// 4. What is filed at or before `now_` goes to the list `overdue`, which the next expire() begins with.
/// 5. A slot's chunks form a ring. Its cursor is the place after the newest entry, so the tail is the chunk before it
///    and its `next` the head; a cursor that is a multiple of 32 says that the tail is full, 0 that there is none.
/// 6. A cancel clears its entry. A chunk whose 32 entries were cancelled is free at once, so that what is not live is
///    at most 31 entries for each live one and each slot. (No branch but that one depends on what a cancel reads, and
///    no more than four stores wait for it: many cancels wait for their cache misses together.)
/// 7. Out of memory, whole chunks are linked into `overdue` instead of being filed anew: late is possible, lost is not.
class Timer_Wheel final : public Timer_Queue {
 public:
  explicit Timer_Wheel(Tick now = 0) noexcept : Timer_Queue{now}, position_{now} {}
  ~Timer_Wheel() override;

  Result<> schedule(Timer_Node& node, Tick deadline, unsigned kind) noexcept override;
  void cancel(Timer_Node& node) noexcept override;
  Tick nearest() const noexcept override;
  std::size_t expire(Tick now) noexcept override;

 private:
  using Entry = Chunk_Pool::Entry;
  static constexpr unsigned level_bits = 8;
  static constexpr unsigned level_slots = 1u << level_bits;
  static constexpr unsigned levels = (tick_bits + level_bits - 1) / level_bits;
  static constexpr unsigned overdue = levels * level_slots;
  static constexpr unsigned firing = overdue + 1;
  static constexpr unsigned words = level_slots / 64;

  void advance(Timer_Node& node, Tick earlier) noexcept override;
  void visit_all(Visit visit, void* context) const override;

  unsigned slot_of(Tick deadline) const noexcept;
  Tick start_of(unsigned slot) const noexcept;
  unsigned first_slot() const noexcept;
  void mark(unsigned slot) noexcept;
  void unmark(unsigned slot) noexcept;

  Result<> schedule_in_new_chunk(unsigned slot, Timer_Node& node, Entry entry) noexcept;
  bool append(unsigned slot, Timer_Node& node, Entry entry) noexcept;
  bool append_to_tail(unsigned slot, Timer_Node& node, Entry entry) noexcept;
  bool append_to_new_chunk(unsigned slot, Timer_Node& node, Entry entry) noexcept;
  void remove(std::uint32_t place) noexcept;
  void discard(std::uint32_t chunk) noexcept;
  std::uint32_t tail_of(unsigned slot) const noexcept { return (cursors_[slot] - 1) / Chunk_Pool::capacity; }
  void link(unsigned slot, std::uint32_t chunk) noexcept;
  void unlink(std::uint32_t chunk) noexcept;
  void strand(std::uint32_t chunk) noexcept;
  void keep(std::uint32_t chunk) noexcept;

  bool due(const Timer_Node& node) const noexcept {
    return node.deadline() <= position_ && (order_ == unripe_ || order(node) < unripe_);
  }
  void take(unsigned slot) noexcept;
  bool refile(Timer_Node& node, Entry entry) noexcept;
  void retire(std::uint32_t chunk, bool is_empty) noexcept;
  void prefetch(std::uint32_t chunk) const noexcept;
  void cascade(unsigned slot) noexcept;
  bool cascade_chunk(std::uint32_t chunk) noexcept;
  void fire_list(unsigned slot) noexcept;
  bool fire_chunk(std::uint32_t chunk) noexcept;
  bool in_order() const noexcept;
  void sort_due() noexcept;
  template <class Visitor>
  void for_each_due(Visitor visit) const;

  std::array<std::uint32_t, overdue + 1> cursors_{};      // where a list's next entry goes; invariant 5
  std::array<std::uint64_t, levels * words> occupied_{};  // a bit a slot
  std::uint32_t busy_ = 0;                                // a bit a word of occupied_ that is not 0
  std::uint32_t firing_ = 0;                              // head of the list that fires or is filed anew
  Chunk_Pool pool_;
  Tick position_;
  std::uint64_t unripe_ = 0;  // from this order on filed since expire() began
  std::size_t fired_ = 0;     // by the running expire()
  bool expiring_ = false;
};

}  // namespace v1
}  // namespace strata
