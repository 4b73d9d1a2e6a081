// SPDX-License-Identifier: Apache-2.0
// asio::post into a running io_context: `post_asio`
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "common/Post_Bench.h"

namespace {

class Peer {
 public:
  bool post(bench::Call call) {
    asio::post(context_, [call] { call.function(call.arg); });
    return true;
  }
  void run() { context_.run(); }
  void finish() { context_.stop(); }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
};

}  // namespace

int main() { bench::Post_Bench<Peer>("asio").run(); }
