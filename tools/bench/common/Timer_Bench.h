// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace bench {

// What an operation cost on average; negative where the queue ran out of patience.
struct Timer_Figure {
  const char* peer;
  const char* op;
  std::size_t count;
  double ns;
};

inline void print(const Timer_Figure& figure) {
  std::printf(R"({"peer":"%s","op":"%s","n":%zu,"ns":)", figure.peer, figure.op, figure.count);
  if (figure.ns < 0) {
    std::puts("null}");
  } else {
    std::printf("%.2f}\n", figure.ns);
  }
  std::fflush(stdout);
}

// The one workload for every timer queue. A Queue is made with the number of its timers, all idle, and has
//   void schedule(size_t i, unsigned ms)   of an idle timer, relative to the last turn
//   void cancel(size_t i)                  of a scheduled one
//   void refresh(size_t i, unsigned ms)    of a scheduled one, never to an earlier deadline
//   void turn()                            one turn of its loop without waiting, as after every 64 operations
//   void pass(unsigned ms)                 lets that much time go by (a sleep, or a store where time is virtual)
//   void expire_due()                      fires what is due
//   static size_t fired                    how many callbacks have run
// New timers come in the order of their numbers, all else takes them at random; delays are one of 64 values, as
// libevent's common timeouts need it.
template <typename Queue>
class Timer_Bench {
 public:
  using Sink = std::function<void(const Timer_Figure&)>;

  Timer_Bench(const char* peer, std::size_t count, Sink sink = print)
      : peer_(peer), count_(count), order_(count), sink_(std::move(sink)) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::mt19937_64 random(42);
    std::shuffle(order_.begin(), half(), random);  // the halves apart: schedule_and_cancel() works on the second
    std::shuffle(half(), order_.end(), random);
  }

  void run() {
    schedule_and_cancel();
    refresh();
    expire();
  }

 private:
  using Nanoseconds = std::int64_t;
  static constexpr std::size_t ops_a_turn = 64;
  static constexpr std::size_t least_ops = 200'000;
  static constexpr Nanoseconds patience = 1'500'000'000;

  struct Cost {
    std::size_t ops = 0;
    Nanoseconds time = 0;
    [[nodiscard]] bool enough() const { return ops >= least_ops || time > patience; }
  };

  static Nanoseconds now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * Nanoseconds{1'000'000'000} + time.tv_nsec;
  }
  static unsigned long_delay(std::size_t i) {
    return 30'000 + static_cast<unsigned>(i * 0x9E3779B1U >> 7U & 63U) * 1'000;
  }
  static unsigned short_delay(std::size_t i) { return 1 + static_cast<unsigned>(i * 0x9E3779B1U >> 7U & 63U); }
  auto half() { return order_.begin() + static_cast<std::ptrdiff_t>(count_ / 2); }

  // Does op(place) for [from, to), a turn after every 64, until the patience of a phase is used up; returns its end.
  template <typename Op>
  std::size_t measure(Queue& queue, Cost& cost, std::size_t from, std::size_t to, Op op) {
    const Nanoseconds start = now();
    std::size_t done = from;
    while (done < to) {
      const std::size_t end = done + ops_a_turn < to ? done + ops_a_turn : to;
      for (; done < end; ++done) op(done);
      queue.turn();
      if (done / ops_a_turn % 8 == 0 && now() - start > patience) break;
    }
    cost.time += now() - start;
    cost.ops += done - from;
    return done;
  }

  // The queue holds between half and all of the timers.
  void schedule_and_cancel() {
    Queue queue(count_);
    Cost fill;
    Cost scheduled;
    Cost cancelled;
    const std::size_t middle = count_ / 2;
    const auto schedule = [&](std::size_t i) { queue.schedule(i, long_delay(i)); };
    const auto cancel = [&](std::size_t place) { queue.cancel(order_[place]); };
    bool whole = measure(queue, fill, 0, middle, schedule) == middle;
    while (whole && !(scheduled.enough() && cancelled.enough())) {
      whole = measure(queue, scheduled, middle, count_, schedule) == count_ &&
              measure(queue, cancelled, middle, count_, cancel) == count_;
    }
    report("schedule", scheduled.ops > 0 ? scheduled : fill);
    report("cancel", cancelled);
  }

  void refresh() {
    Queue queue(count_);
    Cost fill;
    Cost refreshed;
    const auto schedule = [&](std::size_t i) { queue.schedule(i, long_delay(i)); };
    if (measure(queue, fill, 0, count_, schedule) == count_) {
      const auto again = [&](std::size_t place) { queue.refresh(order_[place], long_delay(order_[place])); };
      while (!refreshed.enough()) {
        queue.pass(1);
        queue.turn();
        measure(queue, refreshed, 0, count_, again);
      }
    }
    report("refresh", refreshed);
  }

  // All timers fall due within 64 ms; then one call fires them.
  void expire() {
    Cost expired;
    for (int repetition = 0; repetition < 20 && !expired.enough(); ++repetition) {
      auto queue = std::make_unique<Queue>(count_);
      const Nanoseconds begun = now();
      for (const std::size_t i : order_) {
        queue->schedule(i, short_delay(i));
        if (i % 1024 == 0 && now() - begun > patience) return report("expire", {});
      }
      queue->pass(80);
      const std::size_t before = Queue::fired;
      const Nanoseconds start = now();
      while (Queue::fired - before < count_) queue->expire_due();
      expired.time += now() - start;
      expired.ops += count_;
    }
    report("expire", expired);
  }

  void report(const char* op, const Cost& cost) const {
    sink_({peer_, op, count_, cost.ops == 0 ? -1 : static_cast<double>(cost.time) / static_cast<double>(cost.ops)});
  }

  const char* peer_;
  std::size_t count_;
  std::vector<std::size_t> order_;
  Sink sink_;
};

// Runs the sizes named on the command line, else all four, but none over `most`.
template <typename Queue>
void bench_timers(const char* peer, int argc, char** argv, std::size_t most = 1'000'000) {
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i)
    if (const std::size_t size = std::strtoull(argv[i], nullptr, 10); size > 1) sizes.push_back(size);
  if (sizes.empty()) sizes = {1'000, 10'000, 100'000, 1'000'000};
  for (const std::size_t size : sizes)
    if (size <= most) Timer_Bench<Queue>(peer, size).run();
}

}  // namespace bench
