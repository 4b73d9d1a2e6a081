// SPDX-License-Identifier: Apache-2.0
// The floor for posts: a vector behind a mutex, swapped whole by the loop, and an eventfd that is written once a sleep.
// `floor_post`
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "common/Post_Bench.h"

namespace {

class Floor {
 public:
  Floor() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;
  ~Floor() { close(event_); }

  bool post(bench::Call call) {
    bool asleep = false;
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(call);
      asleep = std::exchange(asleep_, false);
    }
    const std::uint64_t one = 1;
    return !asleep || write(event_, &one, sizeof one) == sizeof one;
  }

  void run() {
    while (!finished_) {
      if (!take()) sleep();
      for (const bench::Call& call : taken_) call.function(call.arg);
      taken_.clear();
    }
  }

  void finish() { finished_ = true; }

 private:
  // False: nothing was there, and the next post writes the eventfd.
  bool take() {
    const std::lock_guard lock(mutex_);
    asleep_ = queue_.empty();
    std::swap(queue_, taken_);
    return !asleep_;
  }

  void sleep() {
    pollfd readable{.fd = event_, .events = POLLIN, .revents = 0};
    poll(&readable, 1, -1);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto size = read(event_, &count, sizeof count);
  }

  int event_;
  std::mutex mutex_;
  std::vector<bench::Call> queue_;
  std::vector<bench::Call> taken_;
  bool asleep_ = false;
  bool finished_ = false;
};

}  // namespace

int main() { bench::Post_Bench<Floor>("floor").run(); }
