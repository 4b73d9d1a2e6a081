// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <typeinfo>

#include <strata/metrics/Histogram.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/reactor/Run_Context.h>

namespace strata {
inline namespace v1 {

/// Tells who looks from another thread of which binary code runs, or captures die, for a scope.
class Code_Mark {
 public:
  Code_Mark(Run_Context& context, const void* code) noexcept
      : context_(context), outer_(context.running.load(std::memory_order_relaxed)) {
    context.running.store(code, std::memory_order_relaxed);
  }
  Code_Mark(const Code_Mark&) = delete;
  Code_Mark& operator=(const Code_Mark&) = delete;
  ~Code_Mark() { context_.running.store(outer_, std::memory_order_relaxed); }

 private:
  Run_Context& context_;
  const void* const outer_;
};

/// Tells who looks from another thread whose upcall runs, for a scope; times one in many.
class Upcall_Mark {
 public:
  Upcall_Mark(Run_Context& context, const Event_Handler& handler, Histogram& times) noexcept
      : Upcall_Mark(context, &typeid(handler), &typeid(handler), times) {}
  Upcall_Mark(Run_Context& context, const Callback& callback, Histogram& times) noexcept
      : Upcall_Mark(context, nullptr, callback.origin(), times) {}
  Upcall_Mark(const Upcall_Mark&) = delete;
  Upcall_Mark& operator=(const Upcall_Mark&) = delete;
  ~Upcall_Mark() {
    context_.type.store(outer_type_, std::memory_order_relaxed);
    if (begin_ != Time_Point{}) [[unlikely]] times_.record(Clock::now() - begin_);
  }

 private:
  Upcall_Mark(Run_Context& context, const std::type_info* type, const void* code, Histogram& times) noexcept
      : code_(context, code),
        context_(context),
        times_(times),
        outer_type_(context.type.load(std::memory_order_relaxed)) {
    const std::uint64_t number = context.upcalls.load(std::memory_order_relaxed) + 1;
    context.type.store(type, std::memory_order_relaxed);
    context.upcalls.store(number, std::memory_order_relaxed);
    if (number % Run_Context::sampled == 0) [[unlikely]] begin_ = Clock::now();
  }

  const Code_Mark code_;
  Run_Context& context_;
  Histogram& times_;
  const std::type_info* const outer_type_;
  Time_Point begin_{};
};

}  // namespace v1
}  // namespace strata
