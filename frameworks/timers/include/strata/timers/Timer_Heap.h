// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/timers/Timer_Node.h>
#include <strata/timers/Timer_Queue.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A 4-ary heap in one array, 32 bytes a timer: the smaller queue where timers are few, and exact in `nearest()` but
/// for refreshed ones. Schedule, cancel and expire cost O(log n); a refresh to later is a store, paid when the entry is
/// on top.
/// @threads loop
class Timer_Heap final : public Timer_Queue {
 public:
  explicit Timer_Heap(Tick now = 0) noexcept : Timer_Queue{now} {}
  ~Timer_Heap() override;

  Result<> schedule(Timer_Node& node, Tick deadline, unsigned kind) noexcept override;
  void cancel(Timer_Node& node) noexcept override;
  Tick nearest() const noexcept override;
  std::size_t expire(Tick now) noexcept override;

 private:
  struct Entry {  // as filed; the node's own deadline may have moved later since
    std::uint64_t high;
    std::uint32_t low;
    std::uintptr_t tagged;  // the node's address | its kind
  };

  static bool before(const Entry& a, const Entry& b) noexcept {
    return a.high != b.high ? a.high < b.high : a.low < b.low;
  }
  static Tick tick_of(const Entry& entry) noexcept { return entry.high >> (64 - tick_bits); }
  static Entry entry_of(std::uintptr_t tagged) noexcept;

  void advance(Timer_Node& node, Tick earlier) noexcept override;
  void visit_all(Visit visit, void* context) const override;
  void collect_due() noexcept;
  bool grow() noexcept;

  void put(std::uint32_t index, const Entry& entry) noexcept;
  void push(std::uintptr_t tagged) noexcept;
  void remove(std::uint32_t index) noexcept;
  void sift(std::uint32_t index, const Entry& entry) noexcept;
  void sift_up(std::uint32_t index, const Entry& entry) noexcept;
  void sift_down(std::uint32_t index, const Entry& entry) noexcept;

  // Both have `capacity_` places, of which no more are used together, so that only schedule() needs memory.
  Entry* heap_ = nullptr;
  std::uintptr_t* batch_ = nullptr;  // the tagged nodes that the running expire() found due; 0: fired or cancelled
  std::uint32_t capacity_ = 0;
  std::uint32_t heap_size_ = 0;
  std::uint32_t batch_size_ = 0;
};

}  // namespace v1
}  // namespace strata
