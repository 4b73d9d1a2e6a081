// SPDX-License-Identifier: Apache-2.0
// libuv's timers: `timers_libuv [COUNT…]`
#include <uv.h>

#include <chrono>
#include <thread>

#include "common/Timer_Bench.h"

namespace {

class Peer {
 public:
  explicit Peer(std::size_t count) : timers_(count) {
    uv_loop_init(&loop_);
    for (uv_timer_t& each : timers_) uv_timer_init(&loop_, &each);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    for (uv_timer_t& each : timers_) uv_close(reinterpret_cast<uv_handle_t*>(&each), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  void schedule(std::size_t i, unsigned ms) {
    uv_timer_start(
        &timers_[i], [](uv_timer_t*) { ++fired; }, ms, 0);
  }
  void cancel(std::size_t i) { uv_timer_stop(&timers_[i]); }
  void refresh(std::size_t i, unsigned ms) { schedule(i, ms); }
  void turn() { uv_run(&loop_, UV_RUN_NOWAIT); }
  void pass(unsigned ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
  void expire_due() { turn(); }

  static inline std::size_t fired = 0;

 private:
  uv_loop_t loop_{};
  std::vector<uv_timer_t> timers_;
};

}  // namespace

int main(int argc, char** argv) { bench::bench_timers<Peer>("libuv", argc, argv); }
