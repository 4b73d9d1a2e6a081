// SPDX-License-Identifier: Apache-2.0
// libuv's uv_async with a queue of one's own, as it carries no callbacks: `post_libuv`
#include <uv.h>

#include <mutex>
#include <utility>

#include "common/Post_Bench.h"

namespace {

class Peer {
 public:
  Peer() {
    uv_loop_init(&loop_);
    uv_async_init(&loop_, &async_, [](uv_async_t* async) { static_cast<Peer*>(async->data)->drain(); });
    async_.data = this;
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    uv_close(reinterpret_cast<uv_handle_t*>(&async_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  bool post(bench::Call call) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = queue_.empty();
      queue_.push_back(call);
    }
    if (first) uv_async_send(&async_);
    return true;
  }
  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
  void finish() { uv_stop(&loop_); }

 private:
  void drain() {
    {
      const std::lock_guard lock(mutex_);
      std::swap(queue_, taken_);
    }
    for (const bench::Call& call : taken_) call.function(call.arg);
    taken_.clear();
  }

  uv_loop_t loop_{};
  uv_async_t async_{};
  std::mutex mutex_;
  std::vector<bench::Call> queue_;
  std::vector<bench::Call> taken_;
};

}  // namespace

int main() { bench::Post_Bench<Peer>("libuv").run(); }
