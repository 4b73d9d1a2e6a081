// SPDX-License-Identifier: Apache-2.0
// ACE's timer queues by themselves, on virtual time: `timers_ace [COUNT…]`
#include <ace/Event_Handler.h>
#include <ace/Recursive_Thread_Mutex.h>
#include <ace/Timer_Hash.h>
#include <ace/Timer_Heap.h>
#include <ace/Timer_Wheel.h>

#include "common/Timer_Bench.h"

namespace {

struct Counter : ACE_Event_Handler {
  int handle_timeout(const ACE_Time_Value&, const void*) override {
    ++fired;
    return 0;
  }
  static inline std::size_t fired = 0;
};

template <typename Timer_Queue>
class Peer {
 public:
  explicit Peer(std::size_t count) : ids_(count) {}
  void schedule(std::size_t i, unsigned ms) { ids_[i] = queue_.schedule(&counter_, nullptr, now_ + duration(ms)); }
  void cancel(std::size_t i) { queue_.cancel(ids_[i], nullptr, 1); }
  void refresh(std::size_t i, unsigned ms) {
    cancel(i);
    schedule(i, ms);
  }
  void turn() { expire_due(); }
  void pass(unsigned ms) { now_ += duration(ms); }
  void expire_due() {
    queue_.expire(now_);
    fired = Counter::fired;
  }

  static inline std::size_t fired = 0;

 private:
  static ACE_Time_Value duration(unsigned ms) {
    return ACE_Time_Value(static_cast<time_t>(ms / 1000), static_cast<suseconds_t>(ms % 1000 * 1000));
  }

  Counter counter_;
  Timer_Queue queue_;
  std::vector<long> ids_;
  ACE_Time_Value now_{1'000'000};
};

}  // namespace

int main(int argc, char** argv) {
  bench::bench_timers<Peer<ACE_Timer_Heap>>("ace_heap", argc, argv);
  bench::bench_timers<Peer<ACE_Timer_Wheel>>("ace_wheel", argc, argv);
  constexpr std::size_t most = 25'000;  // ACE 7.0.8: ~ACE_Timer_Hash crashes above
  bench::bench_timers<Peer<ACE_Timer_Hash>>("ace_hash", argc, argv, most);
}
