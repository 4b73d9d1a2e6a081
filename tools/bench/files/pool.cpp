// SPDX-License-Identifier: Apache-2.0
// The floor for files: pread and pwrite in four threads. What the loop asks for in a turn is handed over under one
// lock, a thread takes a fourth of what waits, and an eventfd is written once a sleep. `files_pool [--folder FOLDER]`
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "files/File_Bench.h"

namespace {

class Files {
 public:
  struct Request : bench::File_Request {
    bool writes = false;
    std::int64_t result = 0;
  };

  Files() : event_(eventfd(0, EFD_CLOEXEC)) {
    for (std::jthread& thread : threads_) thread = std::jthread([this] { work(); });
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    filled_.notify_all();
    for (std::jthread& thread : threads_) thread.join();
    close(event_);
  }

  void read(Request& request) { submit(request, false); }
  void write(Request& request) { submit(request, true); }

  void run() {
    while (in_flight_ > 0) {
      hand_over();
      if (!take_done()) sleep();
      in_flight_ -= taken_.size();
      for (Request* const request : taken_) request->done(*request, request->result);
      taken_.clear();
    }
  }

 private:
  using Batch = std::vector<Request*>;
  static constexpr std::size_t thread_count = 4;

  void submit(Request& request, bool writes) {
    request.writes = writes;
    asked_.push_back(&request);
    ++in_flight_;
  }

  void hand_over() {
    if (asked_.empty()) return;
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      waiting_.insert(waiting_.end(), asked_.begin(), asked_.end());
      wake = idle_ > 0;
    }
    asked_.clear();
    if (wake) filled_.notify_one();
  }

  // Into an empty batch; wakes another thread where more waits. False: the end.
  bool take(Batch& batch) {
    bool wake = false;
    {
      std::unique_lock lock(mutex_);
      ++idle_;
      filled_.wait(lock, [this] { return !waiting_.empty() || stopped_; });
      --idle_;
      if (waiting_.empty()) return false;
      const auto share = static_cast<std::ptrdiff_t>((waiting_.size() + thread_count - 1) / thread_count);
      batch.assign(waiting_.end() - share, waiting_.end());
      waiting_.resize(waiting_.size() - batch.size());
      wake = idle_ > 0 && !waiting_.empty();
    }
    if (wake) filled_.notify_one();
    return true;
  }

  void work() {
    Batch batch;
    while (take(batch)) {
      for (Request* const request : batch) transfer(*request);
      give_back(batch);
    }
  }

  static void transfer(Request& request) {
    const ssize_t moved = request.writes ? pwrite(request.fd, request.data, request.size, request.offset)
                                         : pread(request.fd, request.data, request.size, request.offset);
    request.result = moved < 0 ? -errno : moved;
  }

  void give_back(const Batch& batch) {
    bool asleep = false;
    {
      const std::lock_guard lock(done_mutex_);
      done_.insert(done_.end(), batch.begin(), batch.end());
      asleep = std::exchange(asleep_, false);
    }
    const std::uint64_t one = 1;
    if (asleep) bench::require(::write(event_, &one, sizeof one) == sizeof one, "write");
  }

  // False: nothing is done, and the next result writes the eventfd.
  bool take_done() {
    const std::lock_guard lock(done_mutex_);
    asleep_ = done_.empty();
    std::swap(done_, taken_);
    return !asleep_;
  }

  void sleep() const {
    std::uint64_t count = 0;
    bench::require(::read(event_, &count, sizeof count) == sizeof count, "read");
  }

  int event_;
  std::mutex mutex_;
  std::condition_variable filled_;
  Batch waiting_;
  unsigned idle_ = 0;
  bool stopped_ = false;
  alignas(64) std::mutex done_mutex_;
  Batch done_;
  bool asleep_ = false;
  alignas(64) std::size_t in_flight_ = 0;  // this and what follows is the loop's
  Batch asked_;
  Batch taken_;
  std::array<std::jthread, thread_count> threads_;
};

}  // namespace

int main(int argc, char** argv) { bench::File_Bench<Files>("floor", argc, argv).run(); }
