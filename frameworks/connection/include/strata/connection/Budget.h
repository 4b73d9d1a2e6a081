// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How many bytes may be held at once. Budgets nest, service in process: what is charged to one is charged to all above
/// it, or to none. @threads any
class Budget {
 public:
  static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

  explicit Budget(std::size_t limit = unlimited, Budget* parent = nullptr) noexcept : limit_(limit), parent_(parent) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  bool charge(std::size_t bytes) noexcept;   ///< false, and nothing is charged, where a limit would be passed
  void release(std::size_t bytes) noexcept;  ///< at most what was charged
  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::size_t limit() const noexcept { return limit_; }

 private:
  const std::size_t limit_;
  Budget* const parent_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace v1
}  // namespace strata
