// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/timers/Callback_Timers.h>
#include <strata/timers/Timer_Id.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Owns one callback timer: it dies with the token. Must not outlive the reactor (the Callback_Timers) that gave it.
/// @threads home
class [[nodiscard]] Timer {
 public:
  Timer() = default;
  Timer(Callback_Timers& timers, Timer_Id id) noexcept : timers_{&timers}, id_{id} {}
  Timer(Timer&& other) noexcept
      : timers_{std::exchange(other.timers_, nullptr)}, id_{std::exchange(other.id_, {})} {}
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) {
      Timer old{std::move(*this)};
      timers_ = std::exchange(other.timers_, nullptr);
      id_ = std::exchange(other.id_, {});
    }
    return *this;
  }
  ~Timer() { cancel(); }

  /// False when it has fired or was never set. Right in the timer's own upcall, too.
  bool cancel() noexcept {
    Callback_Timers* timers = std::exchange(timers_, nullptr);
    return timers != nullptr && timers->cancel(std::exchange(id_, {}));
  }
  /// Counts anew from the start of the running upcall. False when there is nothing to set anew.
  bool reset(Duration after) noexcept { return timers_ != nullptr && timers_->reset(id_, timers_->now(), after); }
  /// Waits to fire, or runs its upcall just now.
  bool active() const noexcept { return timers_ != nullptr && timers_->contains(id_); }
  Timer_Id id() const noexcept { return id_; }

  /// The timer goes on without a token; its id still reaches it.
  Timer_Id detach() noexcept {
    timers_ = nullptr;
    return std::exchange(id_, {});
  }

 private:
  Callback_Timers* timers_ = nullptr;
  Timer_Id id_;
};

}  // namespace v1
}  // namespace strata
