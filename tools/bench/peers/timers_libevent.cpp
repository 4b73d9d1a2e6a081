// SPDX-License-Identifier: Apache-2.0
// libevent's timers, in its heap and as common timeouts: `timers_libevent [COUNT…]`
#include <event2/event.h>
#include <event2/event_struct.h>

#include <array>
#include <chrono>
#include <map>
#include <thread>

#include "common/Timer_Bench.h"

namespace {

template <bool common>
class Peer {
 public:
  explicit Peer(std::size_t count) : base_(event_base_new()), events_(count) {
    for (event& each : events_)
      evtimer_assign(
          &each, base_, [](evutil_socket_t, short, void*) { ++fired; }, nullptr);
    event_base_update_cache_time(base_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    for (event& each : events_) event_del(&each);
    event_base_free(base_);
  }
  void schedule(std::size_t i, unsigned ms) { event_add(&events_[i], duration(ms)); }
  void cancel(std::size_t i) { event_del(&events_[i]); }
  void refresh(std::size_t i, unsigned ms) { schedule(i, ms); }
  void turn() {
    event_base_loop(base_, EVLOOP_NONBLOCK);
    event_base_update_cache_time(base_);  // what an event_add() in a callback finds too
  }
  void pass(unsigned ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
  void expire_due() { event_base_loop(base_, EVLOOP_NONBLOCK); }

  static inline std::size_t fired = 0;

 private:
  const timeval* duration(unsigned ms) {
    const timeval** known = &durations_[ms < 1000 ? ms : 64 + ms / 1000];
    if (*known == nullptr) {
      const timeval plain{static_cast<time_t>(ms / 1000), static_cast<suseconds_t>(ms % 1000 * 1000)};
      *known = common ? event_base_init_common_timeout(base_, &plain) : &(owned_[ms] = plain);
    }
    return *known;
  }

  event_base* base_;
  std::vector<event> events_;
  std::array<const timeval*, 256> durations_{};
  std::map<unsigned, timeval> owned_;
};

}  // namespace

int main(int argc, char** argv) {
  bench::bench_timers<Peer<false>>("libevent_heap", argc, argv);
  bench::bench_timers<Peer<true>>("libevent_common", argc, argv);
}
