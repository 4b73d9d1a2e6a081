// SPDX-License-Identifier: Apache-2.0
// The timer floors under the common workload: `floor_timers [COUNT…]`
#include "common/Timer_Bench.h"
#include "floor/Bare_Wheel.h"
#include "floor/Lazy_Heap.h"

namespace {

// Bare nodes in an array, on virtual time.
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

}  // namespace

int main(int argc, char** argv) {
  bench::bench_timers<Floor<bench::Bare_Wheel>>("bare_wheel", argc, argv);
  bench::bench_timers<Floor<bench::Lazy_Heap>>("lazy_heap", argc, argv);
}
