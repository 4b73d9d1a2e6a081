// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <system_error>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>
#include <strata/timers/Callback.h>
#include <strata/timers/Timer_Id.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

using Event_Mask = os::Interest;

/// Reacts to the readiness of one handle. Given away to a Reactor with `adopt`, or lent with `watch`; never deletes
/// itself. Its hooks never overlap and are ordered. @threads home: whichever thread runs its hooks
///
/// A hook that returns an error closes its handler with that reason; `operation_would_block` means "keep me, call when
/// ready". One that throws is logged, counted and closed with `state_not_recoverable`; the loop lives.
class Event_Handler {
 public:
  Event_Handler() = default;
  Event_Handler(const Event_Handler&) = delete;
  Event_Handler& operator=(const Event_Handler&) = delete;
  virtual ~Event_Handler() = default;

  /// The handle to wait on: the same from `adopt` until `handle_close` has returned.
  virtual os::Handle handle() const noexcept = 0;
  /// A read will not block, or will fail at once. Called again as long as that is so: readiness is level-triggered. In
  /// a pool it may be told of bytes that it has read: by an upcall that ended as another thread came from its wait.
  virtual Result<> handle_input() { return {}; }
  /// A write will not block; or `Reactor::flush_later` was asked for.
  virtual Result<> handle_output() { return {}; }
  /// A timer of `Reactor::schedule(Handler_Ref, …)` is due.
  virtual Result<> handle_timeout(Timer_Id) { return {}; }
  /// A post to this handler: calls `callback`, within whatever the handler's hooks are within.
  virtual Result<> handle_post(Callback& callback) {
    callback();
    return {};
  }
  /// Exactly once, last, never inside another hook; then the reactor frees what it has adopted. The handle may be
  /// registered anew here.
  virtual void handle_close(std::error_code /*reason*/) noexcept {}
  /// After that, of one that the reactor owned; `self` is this. Frees it, unless `Reactor::keep` has it for who uses it
  /// still: then `Reactor::give_back` frees it later.
  virtual void handle_release(std::unique_ptr<Event_Handler> /*self*/) noexcept {}
};

}  // namespace v1
}  // namespace strata
