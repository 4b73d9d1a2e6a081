// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Thread_Pool.h>

#include <mutex>
#include <new>
#include <utility>

#include <strata/os/Monitor.h>
#include <strata/os/Thread.h>

#include "Guarded_Call.h"
#include "Wait_Graph.h"

namespace strata {
inline namespace v1 {

class Thread_Pool::State final : public Served {
 public:
  explicit State(const Thread_Pool_Options& given) : options(given), ring_(given.capacity) {
    workers_.reserve(options.threads);
  }

  Result<> start() try {
    if (stopped()) return fail(errc::stopping);
    const std::size_t missing = options.threads - workers_.size();
    enlist(missing);
    for (std::size_t left = missing; left != 0; --left) {
      const std::size_t number = workers_.size() + 1;
      Result<os::Thread> thread = os::spawn_one_of(options.name, number, options.cores, [this] { work(); });
      if (!thread) return discharge(left), stop(), fail(thread.error());
      workers_.push_back(std::move(*thread));
    }
    return {};
  } catch (const std::bad_alloc&) {
    return stop(), fail(std::errc::not_enough_memory);
  }

  void stop() noexcept {
    {
      const std::lock_guard held{monitor_};
      stopping_ = true;
      filled_.notify_all();
      emptied_.notify_all();
    }
    workers_.clear();
  }

  Result<> post(Callback& callback) {
    if (!callback) return fail(std::errc::not_enough_memory);
    const std::lock_guard held{monitor_};
    if (stopping_) return fail(errc::stopping);
    if (count_ == ring_.size()) return fail(std::errc::no_buffer_space);
    ring_[(first_ + count_++) % ring_.size()] = std::move(callback);
    filled_.notify_one();
    return {};
  }

  Result<> post(Callback& callback, Time_Point deadline) {
    for (;;) {
      const Result<> posted = post(callback);
      if (posted || posted.error() != std::errc::no_buffer_space) return posted;
      if (const Result<> room = await_room(deadline); !room) return room;
    }
  }

  bool stopped() const noexcept {
    const std::lock_guard held{monitor_};
    return stopping_;
  }
  std::size_t waiting() const noexcept {
    const std::lock_guard held{monitor_};
    return count_;
  }
  std::size_t running() const noexcept {
    const std::lock_guard held{monitor_};
    return running_;
  }

  const Thread_Pool_Options options;
  Guarded_Call guarded;

 private:
  bool full() noexcept override {
    const std::lock_guard held{monitor_};
    return count_ == ring_.size() && !stopping_;
  }

  Result<> wait_for_room(Time_Point deadline) override {
    const std::lock_guard held{monitor_};
    while (count_ == ring_.size() && !stopping_) {
      const Result<Duration> left = os::time_left(deadline);
      if (!left) return fail(left.error());
      emptied_.wait(monitor_, *left);
    }
    return {};
  }

  void work() {
    const Serving serving{*this};
    std::unique_lock held{monitor_};
    while (count_ != 0 || !stopping_) {
      if (count_ == 0) {
        filled_.wait(monitor_);
        continue;
      }
      Callback callback = std::move(ring_[first_]);
      first_ = (first_ + 1) % ring_.size();
      --count_;
      ++running_;
      emptied_.notify_one();
      held.unlock();
      guarded.call(options.name, callback);
      callback.clear();  // what it holds dies outside of the lock
      held.lock();
      --running_;
    }
  }

  mutable os::Monitor monitor_;
  os::Condition filled_, emptied_;
  std::vector<Callback> ring_;
  std::size_t first_ = 0, count_ = 0, running_ = 0;
  bool stopping_ = false;
  std::vector<os::Thread> workers_;
};

Thread_Pool::Thread_Pool(const Thread_Pool_Options& options) : state_(std::make_unique<State>(options)) {}

Thread_Pool::~Thread_Pool() { stop(); }

Result<std::unique_ptr<Thread_Pool>> Thread_Pool::open(const Thread_Pool_Options& options) try {
  if (options.threads == 0 || options.capacity == 0) return fail(std::errc::invalid_argument);
  return std::unique_ptr<Thread_Pool>{new Thread_Pool{options}};
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Result<> Thread_Pool::start() { return state_->start(); }

void Thread_Pool::stop() noexcept { state_->stop(); }

Result<> Thread_Pool::post(Callback&& callback) { return state_->post(callback); }

Result<> Thread_Pool::post(Callback&& callback, Time_Point deadline) { return state_->post(callback, deadline); }

unsigned Thread_Pool::threads() const noexcept { return state_->options.threads; }

std::size_t Thread_Pool::waiting() const noexcept { return state_->waiting(); }

std::size_t Thread_Pool::running() const noexcept { return state_->running(); }

std::size_t Thread_Pool::exceptions() const noexcept { return state_->guarded.exceptions(); }

}  // namespace v1
}  // namespace strata
