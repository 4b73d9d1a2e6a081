// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include <strata/os/Clock.h>

namespace strata::inline v1::sim {

class Simulated_Demultiplexer;

/// What one thread of many runs by: whoever holds it runs, all others wait for theirs.
class Baton {
 public:
  void give() {
    const std::lock_guard held{mutex_};
    here_ = true;
    given_.notify_one();
  }
  void await() {
    std::unique_lock held{mutex_};
    given_.wait(held, [this] { return here_; });
    here_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  bool here_ = false;
};

/// A thread of the simulated process, and what it waits for. A value of Threads, who alone changes it.
struct Virtual_Thread {
  enum class State : std::uint8_t { ready, parked, waiting, joining, sleeping, awaiting, idle, ended };

  std::uint64_t id = 0;
  std::string name;
  State state = State::ready;
  Time_Point limit = Time_Point::max();         // of what it waits for
  const void* word = nullptr;                   // parked
  std::uint64_t word_number = 0;                // for people: an address would differ from run to run
  bool woken = false;                           // parked, and unparked
  Simulated_Demultiplexer* set = nullptr;       // waiting
  const Virtual_Thread* other = nullptr;        // joining, awaiting
  bool given_up = false;                        // what it waits for will never come
  Baton baton;
  std::thread real;                             // none for the one that has made the world
};

}  // namespace strata::inline v1::sim
