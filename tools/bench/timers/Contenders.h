// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <strata/timers/Callback_Timers.h>
#include <strata/timers/Handler_Timer.h>
#include <strata/timers/Timer.h>
#include <strata/timers/Timer_Queue.h>

#include "floor/Bare_Wheel.h"
#include "floor/Lazy_Heap.h"

// Timer queues in the form that bench::Timer_Bench drives, all on virtual time.
namespace bench {

/// Nodes in an array; Object is the node or has it as its base.
template <typename Wheel_Or_Heap, typename Object>
class Bare_Nodes {
 public:
  explicit Bare_Nodes(std::size_t count) : objects_(count) {
    queue().set_expiry(1, [](void*, strata::Timer_Node&) noexcept { ++fired; }, nullptr);
  }
  ~Bare_Nodes() {
    for (Object& object : objects_) {
      if (object.filed()) queue_.cancel(object);
    }
  }
  void schedule(std::size_t i, unsigned ms) { static_cast<void>(queue().schedule(objects_[i], now_ + ms, 1)); }
  void cancel(std::size_t i) { queue().cancel(objects_[i]); }
  void refresh(std::size_t i, unsigned ms) { queue().refresh(objects_[i], now_ + ms); }
  void turn() { queue().expire(now_); }
  void pass(unsigned ms) { now_ += ms; }
  void expire_due() { queue().expire(now_); }

  static inline std::size_t fired = 0;

 private:
  /// As the reactor sees it: which queue it is, is chosen at run time.
  strata::Timer_Queue& queue() {
    strata::Timer_Queue* seen = &queue_;
    asm volatile("" : "+r"(seen));
    return *seen;
  }

  Wheel_Or_Heap queue_{0};
  std::vector<Object> objects_;
  strata::Tick now_ = 0;
};

struct Bare_Node : strata::Handler_Timer {
  Bare_Node() : Handler_Timer{this} {}
};

/// As large as a connection's handler.
struct Handler_With_Timer : strata::Handler_Timer {
  Handler_With_Timer() : Handler_Timer{this} {}
  std::uint64_t state[7] = {};
};
static_assert(sizeof(Handler_With_Timer) == 80);

/// What users hold: a token each, a callback each.
template <typename Wheel_Or_Heap>
class Callbacks {
 public:
  explicit Callbacks(std::size_t count) : tokens_(count) {}
  void schedule(std::size_t i, unsigned ms) {
    const auto id = timers_.schedule(time(), std::chrono::milliseconds{ms}, [this] { count(); });
    tokens_[i] = strata::Timer{timers_, id.value_or(strata::Timer_Id{})};
  }
  void cancel(std::size_t i) { tokens_[i].cancel(); }
  void refresh(std::size_t i, unsigned ms) { tokens_[i].reset(std::chrono::milliseconds{ms}); }
  void turn() { queue_.expire(now_); }
  void pass(unsigned ms) { now_ += ms; }
  void expire_due() { queue_.expire(now_); }

  static inline std::size_t fired = 0;

 private:
  void count() { ++fired; }
  strata::Time_Point time() const { return strata::tick_start(now_); }

  strata::Tick now_ = 0;
  Wheel_Or_Heap queue_{0};
  strata::Callback_Timers timers_{queue_, 0,
                                  {[](void*, auto, strata::Callback& callback) noexcept { callback(); },
                                   [](void* self) noexcept { return static_cast<Callbacks*>(self)->time(); }, this}};
  std::vector<strata::Timer> tokens_;
};

/// The floors: their bare nodes in an array.
template <typename Queue>
class Floor {
 public:
  explicit Floor(std::size_t count) : nodes_(count) {
    for (auto& node : nodes_) node.callback = [](void*) { ++fired; };
    if constexpr (requires { queue_.reserve(count); }) queue_.reserve(count);
  }
  void schedule(std::size_t i, unsigned ms) { queue_.schedule(nodes_[i], now_ + ms); }
  void cancel(std::size_t i) { queue_.cancel(nodes_[i]); }
  void refresh(std::size_t i, unsigned ms) {
    if constexpr (requires { queue_.refresh(nodes_[i], now_); }) {
      queue_.refresh(nodes_[i], now_ + ms);
    } else {
      queue_.cancel(nodes_[i]);
      queue_.schedule(nodes_[i], now_ + ms);
    }
  }
  void turn() { queue_.expire(now_); }
  void pass(unsigned ms) { now_ += ms; }
  void expire_due() { queue_.expire(now_); }

  static inline std::size_t fired = 0;

 private:
  Queue queue_;
  std::vector<typename Queue::Node> nodes_;
  std::uint64_t now_ = 0;
};

}  // namespace bench
