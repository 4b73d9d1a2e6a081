// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Strand.h>

#include <deque>
#include <mutex>
#include <new>
#include <utility>

#include <strata/concurrency/Thread_Pool.h>
#include <strata/os/Monitor.h>

#include "Guarded_Call.h"

namespace strata {
inline namespace v1 {

/// Shared with the callback in the pool that runs what waits: there is one while something does.
struct Strand::State : std::enable_shared_from_this<Strand::State> {
  State(Thread_Pool& given, std::size_t most) : pool(given), capacity(most) {}

  Result<> post(Callback& callback) try {
    const std::lock_guard held{monitor};
    if (ended) return fail(errc::stopping);
    if (waiting.size() >= capacity) return fail(std::errc::no_buffer_space);
    waiting.push_back(std::move(callback));
    if (scheduled) return {};
    const Result<> asked = pool.post([self = shared_from_this()] { self->run(); });
    if (asked) {
      scheduled = true;
    } else {
      callback = std::move(waiting.back());
      waiting.pop_back();
    }
    return asked;
  } catch (const std::bad_alloc&) {
    return fail(std::errc::not_enough_memory);
  }

  /// Some, then the other users of the pool have their turn. Where that takes no more, it goes on here.
  void run() noexcept {
    State* const outer = std::exchange(here, this);
    for (bool more = true; more;) {
      for (int i = 0; i < at_once && more; ++i) more = run_one();
      if (!more) break;
      const Result<> again = pool.post([self = shared_from_this()] { self->run(); });
      if (again) break;
      if (again.error() != errc::stopping) continue;
      const std::lock_guard held{monitor};
      ended = true;  // what waits is the rest
    }
    here = outer;
  }

  bool run_one() noexcept {
    Callback callback;
    {
      const std::lock_guard held{monitor};
      callback = std::move(waiting.front());
      waiting.pop_front();
    }
    guarded.call("a strand", callback);
    callback.clear();
    const std::lock_guard held{monitor};
    return scheduled = !waiting.empty();
  }

  static constexpr int at_once = 32;
  static constinit thread_local State* here;

  Thread_Pool& pool;
  const std::size_t capacity;
  os::Monitor monitor;
  std::deque<Callback> waiting;
  bool scheduled = false;
  bool ended = false;  ///< the pool has stopped
  Guarded_Call guarded;
};

constinit thread_local Strand::State* Strand::State::here = nullptr;

Strand::Strand(Thread_Pool& pool, std::size_t capacity) : state_(std::make_shared<State>(pool, capacity)) {}

Strand::~Strand() = default;

Result<> Strand::post(Callback&& callback) {
  return callback ? state_->post(callback) : fail(std::errc::not_enough_memory);
}

std::size_t Strand::waiting() const noexcept {
  const std::lock_guard held{state_->monitor};
  return state_->waiting.size();
}

std::size_t Strand::exceptions() const noexcept { return state_->guarded.exceptions(); }

bool Strand::inside() const noexcept { return State::here == state_.get(); }

}  // namespace v1
}  // namespace strata
