// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/metrics/Histogram.h>
#include <strata/reactor/Run_Context.h>

namespace strata {
inline namespace v1 {

/// Tells who looks from another thread whose upcall runs, for a scope; times one in many.
class Upcall_Mark {
 public:
  Upcall_Mark(Run_Context& context, const void* whose, Histogram& times) noexcept
      : context_(context), times_(times), outer_(context.running.load(std::memory_order_relaxed)) {
    const std::uint64_t number = context.upcalls.load(std::memory_order_relaxed) + 1;
    context.running.store(whose, std::memory_order_relaxed);
    context.upcalls.store(number, std::memory_order_relaxed);
    if (number % Run_Context::sampled == 0) [[unlikely]] begin_ = Clock::now();
  }
  Upcall_Mark(const Upcall_Mark&) = delete;
  Upcall_Mark& operator=(const Upcall_Mark&) = delete;
  ~Upcall_Mark() {
    context_.running.store(outer_, std::memory_order_relaxed);
    if (begin_ != Time_Point{}) [[unlikely]] times_.record(Clock::now() - begin_);
  }

 private:
  Run_Context& context_;
  Histogram& times_;
  const void* const outer_;
  Time_Point begin_{};
};

}  // namespace v1
}  // namespace strata
