// SPDX-License-Identifier: Apache-2.0
// Reactor::post, as users call it: `post_strata`
#include <memory>
#include <utility>

#include <strata/reactor/Reactor.h>

#include "common/Post_Bench.h"

namespace {

class Strata {
 public:
  bool post(bench::Call call) {
    return reactor_->post([call] { call.function(call.arg); }).has_value();
  }
  void run() { (void)reactor_->run(); }
  void finish() { reactor_->stop(); }

 private:
  std::unique_ptr<strata::Reactor> reactor_ = std::move(*strata::Reactor::open());
};

}  // namespace

int main() { bench::Post_Bench<Strata>("strata").run(); }
