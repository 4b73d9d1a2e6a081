// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Connection_Handler.h>

#include <strata/connection/Source_Limits.h>
#include <strata/os/Socket.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/timers/Tick.h>
#include <strata/wrappers/Address_Text.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

void Connection_Handler::attach(Service& service, Reactor& home, os::Unique_Handle handle) noexcept {
  service_ = &service;
  ref_ = Handler_Ref{home, 0};
  take_socket(std::move(handle));
  service.metrics().accepted.add();
  home.metrics().accepted.add();
  service.attach(home);
}

/// Last of all: who waits for the service's last connection may free it then.
Connection_Handler::~Connection_Handler() {
  if (service_ == nullptr) return;
  home().unfile(*this);
  service_->metrics().closed.add();
  home().metrics().closed.add();
  if (service_->sources_ != nullptr) service_->sources_->release(this);
  service_->detach(home());
}

os::Socket_Address Connection_Handler::peer() const noexcept {
  return os::peer_address(handle()).value_or(os::Socket_Address{});
}

os::Socket_Address Connection_Handler::local() const noexcept {
  return os::local_address(handle()).value_or(os::Socket_Address{});
}

std::string Connection_Handler::to_text() const { return strata::to_text(peer()); }

Result<Handler_Ref> Connection_Handler::began(Handler_Ref ref) {
  ref_ = ref;
  const Result<> timed = service_ == nullptr ? Result<>{} : await_idle();
  return timed ? Result<Handler_Ref>{ref} : fail(timed.error());
}

Result<> Connection_Handler::await_idle() {
  const Duration idle = service_->stream().idle_timeout;
  if (idle <= Duration::zero()) return {};
  Result<> timed = home().file(*this, deadline_tick(home().now(), idle), idle_timer_kind);
  if (!timed) (void)home().close(ref_, timed.error());
  return timed;
}

void Connection_Handler::touch() noexcept {
  const Duration idle = service_->stream().idle_timeout;
  if (idle > Duration::zero()) home().refile(*this, deadline_tick(home().now(), idle));
}

/// As an upcall of its own, which may have to wait for one that runs, and moves the deadline.
void Connection_Handler::idle_expired(void*, Timer_Node& node) noexcept {
  static_cast<Connection_Handler&>(node).expire([](Event_Handler& e, void*) -> Result<> {
    auto& idle = static_cast<Connection_Handler&>(e);
    return idle.home().filed(idle) ? Result<>{} : idle.end_idle();
  });
}

/// A stale one was closed in this very turn.
void Connection_Handler::expire(Reactor::Hook hook) noexcept {
  const Result<> asked = home().invoke(ref_, hook);
  if (!asked && asked.error() != std::errc::identifier_removed) (void)home().close(ref_, asked.error());
}

}  // namespace v1
}  // namespace strata
