// SPDX-License-Identifier: Apache-2.0
// Work that a connection gives away, and its way home.
#include <mutex>
#include <new>
#include <utility>

#include <strata/concurrency/Thread_Pool.h>
#include <strata/os/Monitor.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

/// Keeps a closed connection's object while works of it run. Shared by the connection and its works. @threads any
class Offload_Stay {
 public:
  Offload_Stay(Handler_Ref of, Reactor& service_home) : ref(of), home_(service_home), room_(new Reactor::Returned) {}
  const Handler_Ref ref;

  void enter() noexcept {
    const std::lock_guard held{monitor_};
    ++inside_;
  }
  /// The last one gives the object back, where it was left here.
  void leave() noexcept {
    std::unique_ptr<Reactor::Returned> back;
    {
      const std::lock_guard held{monitor_};
      if (--inside_ == 0 && room_->handler != nullptr) back = std::move(room_);
    }
    if (back == nullptr) return;
    Reactor& reactor = *ref.reactor();
    reactor.give_back(std::move(back));
    if (reactor.ended()) (void)home_.post_reserved([&reactor] { reactor.end(errc::stopping); });  // which frees it
  }
  /// Takes the object where somebody is inside; else it stays the caller's, and dies with it.
  void keep(std::unique_ptr<Event_Handler>& handler) noexcept {
    const std::lock_guard held{monitor_};
    if (inside_ != 0) ref.reactor()->keep(*room_, std::move(handler));
  }
  bool busy() noexcept {
    const std::lock_guard held{monitor_};
    return inside_ != 0;
  }
  bool closed() noexcept {  ///< what has not begun need not
    const std::lock_guard held{monitor_};
    return room_->handler != nullptr;
  }

 private:
  Reactor& home_;  ///< the service's
  os::Monitor monitor_;
  std::size_t inside_ = 0;
  std::unique_ptr<Reactor::Returned> room_;  ///< made before it is needed
};

bool Svc_Handler::offloads() const noexcept { return cold_ && cold_->offloads != nullptr; }

Result<> Svc_Handler::begin_offload(std::unique_ptr<Offload> offload) try {
  if (offload == nullptr) return fail(std::errc::not_enough_memory);
  if (is(svc::closed) || home().find(ref_) == nullptr) return fail(std::errc::broken_pipe);
  Cold* state = cold();
  if (state == nullptr) return fail(std::errc::not_enough_memory);
  Offload* work = offload.get();
  Result<> begun;
  if (Thread_Pool* workers = service_->workers(); workers == nullptr) {
    begun = home().post(ref_, [this, work] {
      work->work();
      end_offloads();
    });
  } else {
    if (!state->stay) state->stay = std::make_shared<Offload_Stay>(ref_, service_->home());
    state->stay->enter();
    begun = workers->post([this, work, stay = state->stay] {
      if (!stay->closed()) work->work();
      Reactor& reactor = *stay->ref.reactor();
      (void)reactor.post_when_room(stay->ref, [this] { end_offloads(); });  // dropped when this has closed
      stay->leave();
    });
    if (!begun) state->stay->leave();
  }
  if (!begun) return begun;
  std::unique_ptr<Offload>* last = &state->offloads;
  while (*last != nullptr) last = &(*last)->next;
  *last = std::move(offload);
  suspend(Suspension::offload);
  return {};
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

/// At home, in a hook: those whose works are over, up to the first that is not.
void Svc_Handler::end_offloads() {
  while (!is(svc::closed) && offloads() && cold_->offloads->worked()) {
    const std::unique_ptr<Offload> first = std::move(cold_->offloads);
    cold_->offloads = std::move(first->next);
    const Result<> done = first->then();
    if (!done && done.error() != std::errc::operation_would_block) close(done.error());
  }
  if (!offloads()) resume(Suspension::offload);
}

void Svc_Handler::handle_release(std::unique_ptr<Event_Handler> self) noexcept {
  if (!cold_ || !cold_->stay) return;
  const std::shared_ptr<Offload_Stay> stay = cold_->stay;
  if (stay->busy()) close_transport();  // the peer need not wait for the end of the work
  stay->keep(self);                     // from here on it may be freed elsewhere
}

}  // namespace v1
}  // namespace strata
