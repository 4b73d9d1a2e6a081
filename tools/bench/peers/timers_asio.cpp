// SPDX-License-Identifier: Apache-2.0
// Asio's steady_timer: `timers_asio [COUNT…]`
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <thread>

#include "common/Timer_Bench.h"

namespace {

class Peer {
 public:
  explicit Peer(std::size_t count) {
    timers_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) timers_.emplace_back(context_);
  }
  void schedule(std::size_t i, unsigned ms) {
    timers_[i].expires_at(now_ + std::chrono::milliseconds(ms));
    timers_[i].async_wait([](std::error_code error) {
      if (!error) ++fired;
    });
  }
  void cancel(std::size_t i) { timers_[i].cancel(); }
  void refresh(std::size_t i, unsigned ms) { schedule(i, ms); }
  void turn() {
    if (context_.stopped()) context_.restart();
    context_.poll();
    now_ = std::chrono::steady_clock::now();
  }
  void pass(unsigned ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
  void expire_due() { turn(); }

  static inline std::size_t fired = 0;

 private:
  asio::io_context context_{1};
  std::vector<asio::steady_timer> timers_;
  std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
};

}  // namespace

int main(int argc, char** argv) { bench::bench_timers<Peer>("asio", argc, argv); }
