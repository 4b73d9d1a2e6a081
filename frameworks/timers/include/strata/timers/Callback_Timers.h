// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/timers/Block_Table.h>
#include <strata/timers/Callback.h>
#include <strata/timers/Timer_Id.h>
#include <strata/timers/Timer_Node.h>
#include <strata/timers/Timer_Queue.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Timers that call back, over a queue that it borrows and that outlives it. An id names its timer until it is
/// cancelled or, fired for the last time, its upcall has returned; later use of the id is refused. Setting and firing
/// allocate nothing once as many timers have lived at once. @threads loop
class Callback_Timers {
 public:
  /// A timer whose time has come.
  struct Due {
    Timer_Id id;
    std::uint64_t owner;  ///< as it was scheduled with
  };
  /// What the owner does around and between upcalls. `hold` and `due` are for one that shares the timers among threads:
  /// it holds what guards them and the queue when it calls `expire`, and runs what was told to be due by `run_due`.
  struct Hooks {
    void (*run)(void* context, Due, Callback&) noexcept;  ///< runs the upcall: guards it, marks its start
    Time_Point (*now)(void* context) noexcept;            ///< the time from which `Timer::reset` counts
    void* context;
    bool (*hold)(void* context, bool take) noexcept = nullptr;  ///< false: the caller had it already
    bool (*due)(void* context, Due) noexcept = nullptr;         ///< false: no memory; it is due again a tick later
  };

  /// Expired nodes of `kind` are this object's.
  Callback_Timers(Timer_Queue& queue, unsigned kind, Hooks hooks) noexcept;
  ~Callback_Timers();  // drops the callbacks of all timers; not from an upcall
  Callback_Timers(const Callback_Timers&) = delete;
  Callback_Timers& operator=(const Callback_Timers&) = delete;

  /// Calls back at `start + after`, and then, where `interval` is positive, at every whole interval from there. One
  /// that is late fires once and skips what it missed. `owner` is what `run` is told. `not_enough_memory` where no
  /// record or no place is left, or the callback is empty (its captures found no memory).
  Result<Timer_Id> schedule(Time_Point start, Duration after, Callback callback, Duration interval = {},
                            std::uint64_t owner = 0);

  /// The callback's captures are gone when this returns, in the timer's own upcall when that returns.
  bool cancel(Timer_Id id) noexcept;
  void cancel_all() noexcept;  ///< not from an upcall
  /// Counts anew from `start`, also in the timer's own upcall, where it revives a timer that fires once. A periodic one
  /// keeps its interval.
  bool reset(Timer_Id id, Time_Point start, Duration after) noexcept;

  bool contains(Timer_Id id) const noexcept;
  /// Where the callback's code lies (Callback::origin); null for a stale id. Under what `hold` takes.
  const void* origin_of(Timer_Id id) const noexcept {
    const Record* r = find(id);
    return r == nullptr ? nullptr : r->callback.origin();
  }
  /// When it fires next; none for a stale id and for one that fires for the last time just now.
  std::optional<Time_Point> deadline(Timer_Id id) const noexcept;
  /// Runs one that `Hooks::due` was told of, unless it was cancelled or reset since. Not under what `hold` takes.
  void run_due(Timer_Id id) noexcept;
  Time_Point now() const noexcept { return hooks_.now(hooks_.context); }
  std::size_t size() const noexcept { return size_; }

  /// `visit(Timer_Id, Time_Point deadline, Duration interval)` for each filed timer, in no order.
  template <class Visitor>
  void for_each(Visitor&& visit) const {
    for (std::uint32_t slot = 0; slot < slots_; ++slot) {
      const Record& r = records_[slot];
      if (r.filed()) visit(Timer_Id{slot, r.generation}, r.due, r.interval);
    }
  }

  /// `visit(const Callback&)` for each timer that may still call back.
  template <class Visitor>
  void for_each_callback(Visitor&& visit) const {
    for (std::uint32_t slot = 0; slot < slots_; ++slot) {
      if (records_[slot].callback) visit(records_[slot].callback);
    }
  }
  /// Captures of timers that threads share die just now, in whichever thread: no timer has them any more, and their
  /// code runs. Under what `hold` takes.
  bool freeing() const noexcept { return freeing_.load(std::memory_order_acquire) != 0; }

 private:
  struct alignas(32) Record : Timer_Node {  // what cancel reads lies in one cache line
    std::uint32_t generation = 0;           // 0: free
    std::uint32_t slot : 30 = 0;
    std::uint32_t running : 1 = 0;  // its upcall
    std::uint32_t missed : 1 = 0;   // it came while that ran, in another thread
    Callback callback;
    Time_Point due{};
    Duration interval{};
    std::uint64_t owner = 0;
  };
  class Hold;
  class Dead;

  static void expired(void* self, Timer_Node& node) noexcept;
  Record* find(Timer_Id id) const noexcept {
    if (!id || id.slot >= slots_) return nullptr;
    Record& r = records_[id.slot];
    return r.generation == id.generation ? &r : nullptr;
  }
  Record* acquire() noexcept;
  bool grow() noexcept;
  bool cancel_shared(Timer_Id id) noexcept;
  void release(Record& r) noexcept;
  void recycle(Record& r, std::uint32_t generation) noexcept;
  void fire(Record& r) noexcept;
  void end_run(Record& r, std::uint32_t generation) noexcept;
  void come_again(Record& r) noexcept;
  void rearm(Record& r) noexcept;

  Timer_Queue& queue_;
  Hooks hooks_;
  Block_Table<Record, 6> records_;
  std::unique_ptr<Timer_Id[]> free_;  // a stack of the ids to give next: reading it never waits for a record
  std::uint32_t free_count_ = 0;
  std::uint32_t free_capacity_ = 0;
  std::uint32_t slots_ = 0;  // records ever used
  std::size_t size_ = 0;
  std::atomic<unsigned> freeing_{0};
  unsigned kind_;
};

}  // namespace v1
}  // namespace strata
