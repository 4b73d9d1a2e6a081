// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Callback_Timers.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace strata {
inline namespace v1 {
namespace {

// Records freed in any order are cold when they are used again: those of the next few calls are fetched ahead.
constexpr std::uint32_t lookahead = 8;

template <class Record>
void prefetch(Record& r) noexcept {
  __builtin_prefetch(&r, 1);
  __builtin_prefetch(reinterpret_cast<char*>(&r) + sizeof r - 1, 1);
}

}  // namespace

Callback_Timers::Callback_Timers(Timer_Queue& queue, unsigned kind, Hooks hooks) noexcept
    : queue_{queue}, hooks_{hooks}, kind_{kind} {
  queue_.set_expiry(kind, &Callback_Timers::expired, this);
}

/// What guards timers that threads share, for a scope; nothing where one thread has them.
class Callback_Timers::Hold {
 public:
  explicit Hold(const Callback_Timers& timers) noexcept
      : hooks_(timers.hooks_), taken_(hooks_.hold != nullptr && hooks_.hold(hooks_.context, true)) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() {
    if (taken_) (void)hooks_.hold(hooks_.context, false);
  }

 private:
  const Hooks& hooks_;
  const bool taken_;
};

/// Captures that die when nothing is held any more: they are the user's. From when they are taken, under Hold, until
/// they are gone `freeing` tells of them.
class Callback_Timers::Dead {
 public:
  explicit Dead(Callback_Timers& timers) noexcept : timers_(timers) {}
  Dead(const Dead&) = delete;
  Dead& operator=(const Dead&) = delete;
  ~Dead() {
    if (!callback_) return;
    callback_.clear();
    timers_.freeing_.fetch_sub(1, std::memory_order_release);
  }
  void take(Callback& callback) noexcept {
    if (callback) timers_.freeing_.fetch_add(1, std::memory_order_relaxed);
    callback_ = std::move(callback);
  }

 private:
  Callback_Timers& timers_;
  Callback callback_;
};

// Two passes: captures that die may hold tokens of other timers, which are stale by then.
Callback_Timers::~Callback_Timers() {
  for (std::uint32_t slot = 0; slot < slots_; ++slot) {
    Record& r = records_[slot];
    assert(!r.running);
    if (r.filed()) queue_.cancel(r);
    r.generation = 0;
  }
  for (std::uint32_t slot = 0; slot < slots_; ++slot) records_[slot].callback.clear();
}

Result<Timer_Id> Callback_Timers::schedule(Time_Point start, Duration after, Callback callback, Duration interval,
                                           std::uint64_t owner) {
  const Hold hold{*this};
  Record* r = callback ? acquire() : nullptr;
  if (r == nullptr) return fail(std::errc::not_enough_memory);
  r->due = due_time(start, after);
  r->interval = std::max(interval, Duration::zero());
  r->owner = owner;
  r->callback = std::move(callback);
  if (Result<> filed = queue_.schedule(*r, tick_ceil(r->due), kind_); !filed) {
    release(*r);
    return fail(filed.error());
  }
  return Timer_Id{r->slot, r->generation};
}

bool Callback_Timers::cancel(Timer_Id id) noexcept {
  if (hooks_.hold != nullptr) return cancel_shared(id);
  Record* r = find(id);
  if (r == nullptr) return false;
  if (r->filed()) queue_.cancel(*r);
  release(*r);
  return true;
}

bool Callback_Timers::cancel_shared(Timer_Id id) noexcept {
  Dead dead{*this};
  const Hold hold{*this};
  Record* r = find(id);
  if (r == nullptr) return false;
  if (r->filed()) queue_.cancel(*r);
  if (!r->running) dead.take(r->callback);
  release(*r);
  return true;
}

/// Captures that die may cancel others, which are stale by then, or schedule: those in slots behind go, too.
void Callback_Timers::cancel_all() noexcept {
  for (std::uint32_t slot = 0; slot < slots_; ++slot) {
    if (const std::uint32_t generation = records_[slot].generation; generation != 0) (void)cancel({slot, generation});
  }
}

bool Callback_Timers::contains(Timer_Id id) const noexcept {
  const Hold hold{*this};
  return find(id) != nullptr;
}

bool Callback_Timers::reset(Timer_Id id, Time_Point start, Duration after) noexcept {
  const Hold hold{*this};
  Record* r = find(id);
  if (r == nullptr) return false;
  r->due = due_time(start, after);
  if (r->filed()) {
    queue_.refresh(*r, tick_ceil(r->due));
    return true;
  }
  return queue_.schedule(*r, tick_ceil(r->due), kind_).has_value();
}

std::optional<Time_Point> Callback_Timers::deadline(Timer_Id id) const noexcept {
  const Hold hold{*this};
  const Record* r = find(id);
  return r != nullptr && r->filed() ? std::optional{r->due} : std::nullopt;
}

Callback_Timers::Record* Callback_Timers::acquire() noexcept {
  if (free_count_ == 0 && slots_ == records_.size() && !grow()) return nullptr;
  const Timer_Id id = free_count_ != 0 ? free_[--free_count_] : Timer_Id{slots_++, 1};
  Record& r = records_[id.slot];
  if (free_count_ >= lookahead) prefetch(records_[free_[free_count_ - lookahead].slot]);
  r.slot = id.slot & 0x3fffffff;
  r.generation = id.generation;
  ++size_;
  return &r;
}

// The stack has room for every record, so that a release needs no memory.
bool Callback_Timers::grow() noexcept {
  const std::uint32_t needed = records_.size() + decltype(records_)::block_size;
  if (needed > free_capacity_) {
    const std::uint32_t capacity = std::max(needed, 2 * free_capacity_);
    std::unique_ptr<Timer_Id[]> wider{new (std::nothrow) Timer_Id[capacity]};
    if (wider == nullptr) return false;
    free_ = std::move(wider);  // it was empty: else nothing would grow
    free_capacity_ = capacity;
  }
  return records_.grow();
}

// From here on the id is stale. The record of a running upcall is recycled when that returns.
void Callback_Timers::release(Record& r) noexcept {
  const std::uint32_t generation = std::exchange(r.generation, 0);
  --size_;
  if (!r.running) recycle(r, generation);
}

// Captures that die may come back here: the record is reachable no more and not yet free.
void Callback_Timers::recycle(Record& r, std::uint32_t generation) noexcept {
  r.callback.clear();
  const std::uint32_t next = generation + 1;
  free_[free_count_++] = {r.slot, next != 0 ? next : 1};
}

void Callback_Timers::expired(void* self, Timer_Node& node) noexcept {
  auto& timers = *static_cast<Callback_Timers*>(self);
  Record& r = static_cast<Record&>(node);
  if (timers.hooks_.due == nullptr) return timers.fire(r);
  if (r.running) {  // in another thread, and late: it is armed anew when that is over
    r.missed = 1;
    return;
  }
  if (timers.hooks_.due(timers.hooks_.context, {{r.slot, r.generation}, r.owner})) return;
  (void)timers.queue_.schedule(r, timers.queue_.now() + 1, timers.kind_);
}

void Callback_Timers::fire(Record& r) noexcept {
  const std::uint32_t generation = r.generation;
  if (r.interval > Duration::zero()) rearm(r);
  r.running = 1;
  hooks_.run(hooks_.context, {{r.slot, generation}, r.owner}, r.callback);
  end_run(r, generation);
}

void Callback_Timers::end_run(Record& r, std::uint32_t generation) noexcept {
  r.running = 0;
  if (r.generation != generation) {
    recycle(r, generation);
  } else if (!r.filed()) {
    release(r);
  }
}

void Callback_Timers::run_due(Timer_Id id) noexcept {
  Record* r = nullptr;
  {
    const Hold hold{*this};
    r = find(id);
    if (r == nullptr || r->filed()) return;
    if (r->interval > Duration::zero()) rearm(*r);
    r->running = 1;
  }
  hooks_.run(hooks_.context, {id, r->owner}, r->callback);
  Dead dead{*this};
  const Hold hold{*this};
  if (r->missed && r->generation == id.generation && !r->filed()) come_again(*r);
  r->missed = 0;
  if (r->generation != id.generation || !r->filed()) dead.take(r->callback);
  end_run(*r, id.generation);
}

// What came while its upcall ran: a periodic timer skips it, one that was reset in there fires.
void Callback_Timers::come_again(Record& r) noexcept {
  if (r.interval > Duration::zero()) return rearm(r);
  static_cast<void>(queue_.schedule(r, queue_.now() + 1, kind_));
}

// The first whole interval after the tick that fires. Where the queue finds no memory for it the timer ends.
void Callback_Timers::rearm(Record& r) noexcept {
  const Duration late = std::max(tick_start(queue_.now()) - r.due, Duration::zero());
  const auto periods = late / r.interval + 1;
  const bool fits = r.interval <= (Time_Point::max() - r.due) / periods;
  r.due = fits ? r.due + periods * r.interval : Time_Point::max();
  static_cast<void>(queue_.schedule(r, tick_ceil(r.due), kind_));
}

}  // namespace v1
}  // namespace strata
