// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

namespace bench {

// What a lazy refresh puts off: every timer is refreshed once, in another order than it was filed in, and all that
// follows until it has fired is paid, too. Nanoseconds a timer.
template <typename Queue>
double refile_ns(std::size_t count) {
  const auto delay = [](std::size_t i) { return 1 + static_cast<unsigned>(i * 0x9E3779B1U >> 7U & 63U); };
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  };
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(42));

  double spent = 0;
  std::size_t done = 0;
  for (; done < 200'000; done += count) {
    const auto queue = std::make_unique<Queue>(count);
    for (std::size_t i = 0; i < count; ++i) queue->schedule(i, delay(i));
    const std::size_t before = Queue::fired;
    const double start = now();
    for (const std::size_t i : order) queue->refresh(i, 80 + delay(i));
    while (Queue::fired - before < count) {
      queue->pass(1);
      queue->expire_due();
    }
    spent += now() - start;
  }
  return spent / static_cast<double>(done);
}

}  // namespace bench
