// SPDX-License-Identifier: Apache-2.0
// Runs random operations on both timer floors and on a std::multimap; exits 1 where they differ: `floor_timers_check
// [SEED]`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "floor/Bare_Wheel.h"
#include "floor/Lazy_Heap.h"

namespace {

using Tick = std::uint64_t;
constexpr std::size_t timers = 500;
constexpr int steps = 200'000;

struct Fired {
  std::uint64_t count = 0;
};
void count_one(void* fired) { ++static_cast<Fired*>(fired)->count; }

// Under test: schedule, cancel and refresh by number, and how often each timer has fired.
template <typename Queue>
class Subject {
 public:
  Subject() {
    for (std::size_t i = 0; i < timers; ++i) {
      nodes_[i].callback = count_one;
      nodes_[i].arg = &fired_[i];
    }
  }
  void schedule(std::size_t i, Tick deadline) { queue_.schedule(nodes_[i], deadline); }
  void cancel(std::size_t i) { queue_.cancel(nodes_[i]); }
  void refresh(std::size_t i, Tick deadline) {
    if constexpr (requires { queue_.refresh(nodes_[i], deadline); }) {
      queue_.refresh(nodes_[i], deadline);
    } else {
      queue_.cancel(nodes_[i]);
      queue_.schedule(nodes_[i], deadline);
    }
  }
  std::size_t expire(Tick now) { return queue_.expire(now); }
  [[nodiscard]] std::uint64_t fired(std::size_t i) const { return fired_[i].count; }

 private:
  Queue queue_;
  std::vector<typename Queue::Node> nodes_{timers};
  std::vector<Fired> fired_{timers};
};

struct Model {
  std::vector<Tick> deadline = std::vector<Tick>(timers, bench::Lazy_Heap::never);
  std::vector<std::uint64_t> fired = std::vector<std::uint64_t>(timers, 0);

  std::size_t expire(Tick now) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < timers; ++i) {
      if (deadline[i] > now) continue;
      deadline[i] = bench::Lazy_Heap::never;
      ++fired[i];
      ++count;
    }
    return count;
  }
};

Tick random_delay(std::mt19937_64& random) {
  const auto magnitude = random() % 18;  // up to 2^18 ticks: three of the four levels
  return 1 + random() % (Tick{1} << (magnitude + 1));
}

bool same(const Model& model, const Subject<bench::Bare_Wheel>& wheel, const Subject<bench::Lazy_Heap>& heap) {
  for (std::size_t i = 0; i < timers; ++i)
    if (model.fired[i] != wheel.fired(i) || model.fired[i] != heap.fired(i)) return false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  std::mt19937_64 random(seed);
  Model model;
  Subject<bench::Bare_Wheel> wheel;
  Subject<bench::Lazy_Heap> heap;
  Tick now = 0;
  for (int step = 0; step < steps; ++step) {
    const std::size_t i = random() % timers;
    Tick& deadline = model.deadline[i];
    const bool filed = deadline != bench::Lazy_Heap::never;
    if (filed && random() % 3 == 0) {
      wheel.cancel(i), heap.cancel(i), deadline = bench::Lazy_Heap::never;
    } else if (filed) {
      deadline += random_delay(random);
      wheel.refresh(i, deadline), heap.refresh(i, deadline);
    } else {
      deadline = now + random_delay(random);
      wheel.schedule(i, deadline), heap.schedule(i, deadline);
    }
    if (random() % 4 == 0) now += random_delay(random) / 8;
    const std::size_t due = model.expire(now);
    if (wheel.expire(now) != due || heap.expire(now) != due || !same(model, wheel, heap)) {
      std::printf("floors differ at step %d of seed %llu\n", step, static_cast<unsigned long long>(seed));
      return 1;
    }
  }
  std::puts("both timer floors agree with the model");
}
