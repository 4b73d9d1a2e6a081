// SPDX-License-Identifier: Apache-2.0
// Life and input of a connection; Svc_Output.cpp has its output.
#include <strata/connection/Svc_Handler.h>

#include <cstring>
#include <new>
#include <utility>

#include <strata/connection/Transport.h>
#include <strata/os/Socket.h>
#include <strata/timers/Tick.h>
#include <strata/timers/Timer_Queue.h>
#include <strata/wrappers/Address_Text.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

Result<Handler_Ref> start_connection(std::unique_ptr<Svc_Handler> handler, Service& service, os::Unique_Handle handle,
                                     bool first_read) {
  Svc_Handler& h = *handler;
  Reactor& home = service.home();
  h.attach(service, std::move(handle));
  const Result<Handler_Ref> ref =
      home.adopt(std::move(handler), Event_Mask::input, {Descriptor::exclusive, service.group()});
  if (!ref) return ref;
  h.ref_ = *ref;
  if (const Duration idle = service.stream().idle_timeout; idle > Duration::zero()) {
    const Result<> timed = home.timers().schedule(h, deadline_tick(home.now(), idle), idle_timer_kind);
    if (!timed) return home.close(*ref, timed.error()), fail(timed.error());
  }
  (void)home.invoke(*ref, [](Event_Handler& e, void*) -> Result<> {
    auto& opened = static_cast<Svc_Handler&>(e);
    Svc_Handler::Hook hook{opened};
    return hook.end(opened.open());
  });
  if (first_read) {  // a handler that closed itself in open() is stale by now
    const auto read = [](Event_Handler& e, void*) -> Result<> {
      auto& opened = static_cast<Svc_Handler&>(e);
      return opened.reading() ? opened.handle_input() : Result<>{};
    };
    (void)home.invoke(*ref, read, nullptr, os::Ready::input);
  }
  return ref;
}

void Svc_Handler::attach(Service& service, os::Unique_Handle handle) noexcept {
  service_ = &service;
  transport_ = &readiness_transport();
  handle_ = handle.release();
  set(svc::attached);
  service.metrics().accepted.add();
  service.attach();
}

Svc_Handler::Svc_Handler() noexcept = default;

Svc_Handler::~Svc_Handler() {
  if (!is(svc::attached)) return;
  if (filed()) home().timers().cancel(*this);
  if (cold_) {
    if (cold_->filed()) home().timers().cancel(*cold_);
    service_->budget().release(cold_->queue.length() + cold_->unread_size);
  }
  log(Log_Level::debug, "closed");
  transport_->close(*this, is(svc::aborted));
  service_->metrics().closed.add();
  service_->detach();
}

os::Socket_Address Svc_Handler::peer() const noexcept {
  return os::peer_address(handle_).value_or(os::Socket_Address{});
}

std::string Svc_Handler::to_text() const { return strata::to_text(peer()); }

os::Socket_Address Svc_Handler::local() const noexcept {
  return os::local_address(handle_).value_or(os::Socket_Address{});
}

Svc_Handler::Cold* Svc_Handler::cold() noexcept {
  if (!cold_) cold_.reset(new (std::nothrow) Cold{*this});
  return cold_.get();
}

void Svc_Handler::idle_expired(void*, Timer_Node& node) noexcept {
  auto& handler = static_cast<Svc_Handler&>(node);
  (void)handler.home().close(handler.ref_, errc::idle_timeout);  // stale: closed in this very turn
}

void Svc_Handler::touch() noexcept {
  if (filed()) home().timers().refresh(*this, deadline_tick(home().now(), service_->stream().idle_timeout));
}

bool Svc_Handler::reading() const noexcept {
  if (is(svc::closed | svc::end_seen)) return false;
  return is(svc::lingering) || (suspended_ == 0 && !is(svc::paused));
}

bool Svc_Handler::takes_data() const noexcept { return reading() && !is(svc::closing | svc::lingering); }

/// After a hook, which may have had the reactor close it.
bool Svc_Handler::wants_more() const noexcept { return reading() && home().find(ref_) != nullptr; }

Result<> Svc_Handler::update_interest() {
  os::Interest directions = reading() ? os::Interest::input : os::Interest::none;
  if (queued() != 0) directions = directions | os::Interest::output;
  return transport_->want(*this, directions);
}

void Svc_Handler::suspend(Suspension reason) {
  suspended_ |= static_cast<std::uint8_t>(reason);
  (void)update_interest();  // a failure has closed the handler
}

void Svc_Handler::resume(Suspension reason) {
  if ((suspended_ & static_cast<std::uint8_t>(reason)) == 0) return;
  suspended_ &= static_cast<std::uint8_t>(~static_cast<unsigned>(reason));
  if (suspended_ != 0) return;
  redeliver_later();
  if (is(svc::draining)) (void)home().flush_later(ref_);
  (void)update_interest();
}

Result<> Svc_Handler::unread(Const_Bytes rest) {
  if (rest.size() > Run_Context::unread_size) return fail(std::errc::message_size);
  if (rest.empty()) return {};
  Cold* state = cold();
  if (state == nullptr) return fail(std::errc::not_enough_memory);
  std::unique_ptr<std::byte[]> copy{new (std::nothrow) std::byte[rest.size()]};
  if (!copy) return fail(std::errc::not_enough_memory);
  if (!service_->budget().charge(rest.size())) return fail(std::errc::no_buffer_space);
  service_->budget().release(state->unread_size);
  std::memcpy(copy.get(), rest.data(), rest.size());
  state->unread = std::move(copy);
  state->unread_size = rest.size();
  return {};
}

Result<> Svc_Handler::handle_input() {
  const Result<> done = transport_->input(*this);
  if (is(svc::draining)) (void)home().flush_later(ref_);
  return done;
}

/// `bytes` lie at Transport::buffer, behind the room for what was left unread.
Result<> Svc_Handler::deliver(Bytes bytes) {
  set(svc::heard);
  service_->metrics().bytes_in.add(bytes.size());
  if (is(svc::closing)) return {};  // read away
  if (cold_ && cold_->unread_size != 0) {
    const std::size_t size = std::exchange(cold_->unread_size, 0);
    bytes = Bytes{bytes.data() - size, bytes.size() + size};
    std::memcpy(bytes.data(), cold_->unread.get(), size);
    cold_->unread.reset();
    service_->budget().release(size);
    unset(svc::redeliver);
  }
  Hook hook{*this};
  const Result<> handled = handle_data(bytes);
  const bool sends = hook.pending();
  const Result<> ended = hook.end(handled);
  if (!sends || queued() != 0) touch();  // else the bytes that the peer took have done it
  return ended;
}

Result<> Svc_Handler::deliver_end() {
  if (is(svc::redeliver)) {  // resumed in this turn: what was left unread comes first, and the end again
    if (const Result<> done = redeliver(); !done || !wants_more()) return done;
  }
  set(svc::end_seen | svc::heard);
  if (is(svc::lingering)) return close(cold_->reason), Result<>{};
  if (is(svc::closing)) return update_interest();
  Hook hook{*this};
  if (const Result<> handled = hook.end(handle_end()); !handled) return handled;
  return is(svc::closed) ? Result<>{} : update_interest();
}

void Svc_Handler::redeliver_later() {
  if (!cold_ || cold_->unread_size == 0) return;
  set(svc::redeliver);
  (void)home().flush_later(ref_);
}

Result<> Svc_Handler::redeliver() {
  unset(svc::redeliver);
  if (!reading() || cold_->unread_size == 0) return {};
  return deliver(Bytes{home().context()->lent().data() + Run_Context::unread_size, 0});
}

Result<> Svc_Handler::handle_end() {
  close_when_flushed(errc::end_of_stream);
  return {};
}

Result<> Svc_Handler::as_hook(void (*call)(void*), void* argument) {
  Hook hook{*this};
  call(argument);
  return hook.end({});
}

Result<> Svc_Handler::handle_post(Callback& callback) {
  Hook hook{*this};
  callback();
  return hook.end({});
}

Result<> Svc_Handler::run_drain(Event_Handler& handler, void*) {
  auto& drained = static_cast<Svc_Handler&>(handler);
  Hook hook{drained};
  drained.handle_drain();
  return hook.end({});
}

void Svc_Handler::close(std::error_code reason) {
  set(svc::closed);
  (void)home().close(ref_, reason);  // stale: closed already
}

void Svc_Handler::abort(std::error_code reason) {
  set(svc::aborted);
  close(reason);
}

void Svc_Handler::close_when_idle() {
  set(svc::draining);
  (void)home().flush_later(ref_);
}

/// Nothing queued: looks once for bytes that have arrived, and answers them; a turn that finds none is the end.
Result<> Svc_Handler::end_when_idle() {
  if (queued() != 0 || is(svc::closed | svc::closing)) return {};
  if (suspended_ != 0) return {};
  unset(svc::heard);
  if (reading()) {
    if (const Result<> done = transport_->input(*this); !done) return done;
  }
  if (!is(svc::heard)) return close_when_flushed(errc::stopping), Result<>{};
  return home().flush_later(ref_);
}

Result<> Transport::deliver(Svc_Handler& handler, Bytes bytes) { return handler.deliver(bytes); }

bool Transport::wants_more(const Svc_Handler& handler) noexcept { return handler.wants_more(); }

Result<> Transport::deliver_end(Svc_Handler& handler) { return handler.deliver_end(); }

Bytes Transport::buffer(Svc_Handler& handler) noexcept {
  return handler.home().context()->lent().subspan(Run_Context::unread_size);
}

}  // namespace v1
}  // namespace strata
