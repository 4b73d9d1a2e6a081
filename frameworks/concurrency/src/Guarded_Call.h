// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <string_view>

#include <strata/logging/Log_Limit.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Monitor.h>

namespace strata {
inline namespace v1 {

/// Calls what may throw in a thread that must live: an exception is counted, and logged at most once a second.
/// @threads any
class Guarded_Call {
 public:
  template <class Call>
  void call(std::string_view whose, Call& function) noexcept {
    try {
      function();
    } catch (const std::exception& e) {
      threw(whose, e.what());
    } catch (...) {
      threw(whose, "not a std::exception");
    }
  }
  std::size_t exceptions() const noexcept { return exceptions_.load(std::memory_order_relaxed); }

 private:
  void threw(std::string_view whose, std::string_view what) noexcept;

  std::atomic<std::size_t> exceptions_{0};
  Logger log_ = Log_System::process().logger("concurrency");
  os::Monitor monitor_;
  Log_Limit limit_;
};

}  // namespace v1
}  // namespace strata
