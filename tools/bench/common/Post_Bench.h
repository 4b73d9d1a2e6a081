// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

namespace bench {

// What is posted: a callback each, run on the loop's thread.
struct Call {
  void (*function)(void* arg) = nullptr;
  void* arg = nullptr;
};

// The one workload for posting into a loop. A Loop has
//   bool post(Call)   any thread; false: full, try again
//   void run()        on its own thread, until finish() has been called
//   void finish()     on the loop's thread
// Prints `post1`, `post2`, `post4` (ns a post with so many producers, until the last callback has run) and `wake`
// (median ns from a post to a sleeping loop until the callback runs). The loop has core 0; producers take turns on
// the cores from the next one on.
template <typename Loop>
class Post_Bench {
 public:
  explicit Post_Bench(const char* peer) : peer_(peer) {}

  void run() {
    run_producers(1);  // warms the queue and the pages
    report("post1", run_producers(1));
    report("post2", run_producers(2));
    report("post4", run_producers(4));
    report("wake", wake());
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint64_t posts_a_producer = 1'000'000;
  static constexpr std::size_t wakes = 1'000;

  static double nanoseconds(Clock::duration time) { return std::chrono::duration<double, std::nano>(time).count(); }

  static void pin(unsigned core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core % std::max(1U, std::thread::hardware_concurrency()), &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  }

  void start() {
    loop_ = std::make_unique<Loop>();
    ran_.store(0);
    thread_ = std::thread([this] {
      pin(0);
      loop_->run();
    });
  }
  void stop() {
    post({.function = [](void* loop) { static_cast<Loop*>(loop)->finish(); }, .arg = loop_.get()});
    thread_.join();
  }

  void post(Call call) {
    while (!loop_->post(call)) std::this_thread::yield();
  }

  double run_producers(unsigned producers) {
    start();
    const std::uint64_t total = posts_a_producer * producers;
    const auto begin = Clock::now();
    std::vector<std::thread> threads;
    for (unsigned each = 0; each < producers; ++each) {
      threads.emplace_back([this, each] {
        pin(each + 1);
        for (std::uint64_t i = 0; i < posts_a_producer; ++i) post({.function = count, .arg = this});
      });
    }
    for (std::thread& thread : threads) thread.join();
    while (ran_.load(std::memory_order_acquire) < total) std::this_thread::yield();
    const auto time = Clock::now() - begin;
    stop();
    return nanoseconds(time) / static_cast<double>(total);
  }

  double wake() {
    start();
    std::vector<double> times;
    std::thread producer([&] {
      pin(1);
      for (std::size_t i = 0; i < wakes; ++i) {
        std::this_thread::sleep_for(std::chrono::microseconds(200));  // the loop has gone to sleep again
        const std::uint64_t before = ran_.load();
        const auto begin = Clock::now();
        post({.function = stamp, .arg = this});
        while (ran_.load(std::memory_order_acquire) == before) std::this_thread::yield();
        times.push_back(nanoseconds(stamp_ - begin));
      }
    });
    producer.join();
    stop();
    std::nth_element(times.begin(), times.begin() + wakes / 2, times.end());
    return times[wakes / 2];
  }

  // One writer, the loop: no read-modify-write.
  void count_one() { ran_.store(ran_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  static void count(void* bench) { static_cast<Post_Bench*>(bench)->count_one(); }
  static void stamp(void* bench) {
    auto& self = *static_cast<Post_Bench*>(bench);
    self.stamp_ = Clock::now();
    self.count_one();
  }

  void report(const char* op, double ns) const {
    std::printf("{\"peer\":\"%s\",\"op\":\"%s\",\"n\":1,\"ns\":%.2f}\n", peer_, op, ns);
    std::fflush(stdout);
  }

  const char* peer_;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
  alignas(64) std::atomic<std::uint64_t> ran_ = 0;
  Clock::time_point stamp_;
};

}  // namespace bench
