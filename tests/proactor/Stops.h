// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <utility>

#include <strata/proactor/Stop_Token.h>

namespace strata_test {

/// Hands out tokens, and stops all that it has handed out. @threads any
class Stops {
 public:
  std::stop_token token() {
    const std::lock_guard held{mutex_};
    return source_.get_token();
  }
  void stop() {
    std::stop_source anew;
    {
      const std::lock_guard held{mutex_};
      std::swap(source_, anew);
    }
    anew.request_stop();
  }

 private:
  std::mutex mutex_;
  std::stop_source source_;
};

}  // namespace strata_test
