// SPDX-License-Identifier: Apache-2.0
#include "Wait_Graph.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <strata/os/Monitor.h>

namespace strata {
inline namespace v1 {

namespace {

constinit thread_local Served* served_here = nullptr;

os::Monitor& graph() noexcept {
  static os::Monitor monitor;
  return monitor;
}

// Who was let go by a queue that has room, and finds it full again, may close a cycle that nobody else looks for.
constexpr Duration look_again = std::chrono::milliseconds{50};

}  // namespace

void Served::enlist(std::size_t threads) {
  const std::lock_guard held{graph()};
  awaited_.reserve(threads_ + threads);
  threads_ += threads;
}

void Served::discharge(std::size_t threads) noexcept {
  const std::lock_guard held{graph()};
  threads_ -= threads;
}

Served::Serving::Serving(Served& queue) noexcept : outer_(std::exchange(served_here, &queue)) {}

Served::Serving::~Serving() { std::exchange(served_here, outer_)->discharge(1); }

/// Whether a thread in reach of this queue does not wait for a full one. Marks what it has seen.
bool Served::goes_on() noexcept {
  if (seen_) return false;
  seen_ = true;
  if (threads_ == 0 || awaited_.size() < threads_ || !full()) return true;
  return std::ranges::any_of(awaited_, [](Served* next) { return next->goes_on(); });
}

void Served::forget() noexcept {
  if (!seen_) return;
  seen_ = false;
  for (Served* next : awaited_) next->forget();
}

/// Exact: who waits puts nothing before it is out of the graph, so that a full queue whose threads all wait stays full.
bool Served::stuck() noexcept {
  const bool some = goes_on();
  forget();
  return !some;
}

Result<> Served::await_room(Time_Point deadline) {
  Served* const mine = served_here;
  if (mine == nullptr) return wait_for_room(deadline);
  for (;;) {
    {
      const std::lock_guard held{graph()};
      mine->awaited_.push_back(this);  // never more than its threads: there is room
      if (stuck()) {
        mine->awaited_.pop_back();
        return fail(std::errc::resource_deadlock_would_occur);
      }
    }
    const Time_Point next = Clock::now() + look_again;
    const Result<> waited = wait_for_room(std::min(deadline, next));
    {
      const std::lock_guard held{graph()};
      mine->awaited_.erase(std::ranges::find(mine->awaited_, this));
    }
    if (waited || waited.error() != std::errc::timed_out || deadline <= next) return waited;
  }
}

}  // namespace v1
}  // namespace strata
