// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include <strata/os/Thread.h>

/// Runs `work` on `count` threads at once and waits for them.
inline void on_threads(int count, const std::function<void()>& work) {
  std::vector<strata::os::Thread> threads;
  for (int i = 0; i < count; ++i) threads.push_back(strata::os::spawn("metrics", [&work] { work(); }).value());
}
