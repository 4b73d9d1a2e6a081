// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Monitor.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Refuses the new and awaits the old: what is to end closes it, waits until all who came in have left, and goes.
/// Destroyed when nobody is inside. @threads any
class Gate {
 public:
  static constexpr Time_Point forever = Time_Point::max();

  /// Whoever holds one is inside; its end leaves. Move-only. @threads any, one at a time
  class [[nodiscard]] Pass {
   public:
    Pass() noexcept = default;
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      Pass moved{std::move(other)};
      std::swap(gate_, moved.gate_);
      return *this;
    }
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }
    explicit operator bool() const noexcept { return gate_ != nullptr; }

   private:
    friend class Gate;
    explicit Pass(Gate& gate) noexcept : gate_(&gate) {}
    Gate* gate_ = nullptr;
  };

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  Result<Pass> enter() noexcept;  ///< errors: errc::stopping (closed)
  void close() noexcept;          ///< nobody comes in any more; who is inside stays
  void open() noexcept;           ///< the opposite
  /// Until nobody is inside. Blocks: not in an upcall. Errors: timed_out.
  Result<> await_empty(Time_Point deadline = forever) noexcept;
  std::size_t inside() const noexcept;
  bool closed() const noexcept;

 private:
  void leave() noexcept;

  mutable os::Monitor monitor_;
  os::Condition left_;
  std::size_t inside_ = 0;
  bool closed_ = false;
};

}  // namespace v1
}  // namespace strata
