// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Work that a connection has given away, and what follows it at home: what Svc_Handler::offload makes of its two
/// functions. @threads a worker for `work`, home for all else; never at once
class Offload {
 public:
  Offload() = default;
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;
  virtual ~Offload() = default;

  /// An exception is kept, and thrown at home.
  void work() noexcept {
    try {
      do_work();
    } catch (...) {
      failure_ = std::current_exception();
    }
    worked_.store(true, std::memory_order_release);
  }
  bool worked() const noexcept { return worked_.load(std::memory_order_acquire); }
  Result<> then() {
    if (failure_) std::rethrow_exception(failure_);
    return do_then();
  }

  std::unique_ptr<Offload> next;  ///< asked for later by the same connection

 private:
  virtual void do_work() = 0;
  virtual Result<> do_then() = 0;
  std::exception_ptr failure_;
  std::atomic<bool> worked_{false};
};

template <class Work, class Then>
class Offload_Of final : public Offload {
  using Value = std::invoke_result_t<Work&>;
  static constexpr bool silent = std::is_void_v<Value>;

 public:
  Offload_Of(Work&& work, Then&& then) : work_(std::move(work)), then_(std::move(then)) {}

 private:
  void do_work() override {
    if constexpr (silent) {
      work_();
    } else {
      value_.emplace(work_());
    }
  }
  Result<> do_then() override {
    const auto call = [this] -> decltype(auto) {
      if constexpr (silent) {
        return then_();
      } else {
        return then_(std::move(*value_));
      }
    };
    if constexpr (std::is_void_v<decltype(call())>) {
      return call(), Result<>{};
    } else {
      return call();
    }
  }

  Work work_;
  Then then_;
  std::optional<std::conditional_t<silent, char, Value>> value_;
};

}  // namespace v1
}  // namespace strata
