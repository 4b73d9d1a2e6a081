// SPDX-License-Identifier: Apache-2.0
// Life and input of a connection; Svc_Output.cpp has its output.
#include <strata/connection/Svc_Handler.h>

#include <cstring>
#include <new>
#include <utility>

#include <strata/connection/Source_Limits.h>
#include <strata/connection/Transport.h>
#include <strata/os/Socket.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/timers/Tick.h>
#include <strata/timers/Timer_Queue.h>
#include <strata/wrappers/Address_Text.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

void Svc_Handler::take_socket(os::Unique_Handle handle) noexcept {
  transport_ = service_->transports_ == nullptr ? &readiness_transport()
                                                : service_->transports_->make(home(), handle.get());
  handle_ = handle.release();
}

Result<Handler_Ref> Svc_Handler::begin_connection(std::unique_ptr<Connection_Handler> self, bool first_read) {
  if (transport_ == nullptr) return fail(std::errc::not_enough_memory);
  Reactor& home = this->home();
  const Result<Handler_Ref> ref =
      home.adopt(std::move(self), Event_Mask::input,
                 {.descriptor = Descriptor::exclusive, .group = service_->group(), .held = true,
                  .by_operations = !transport_->on_readiness()});
  if (!ref) return ref;
  const Result<Handler_Ref> begun = began(*ref);
  const auto open = [](Event_Handler& e, void* read) -> Result<> {
    auto& opened = static_cast<Svc_Handler&>(e);
    {
      Svc_Handler::Hook hook{opened};
      if (const Result<> done = hook.end(opened.open()); !done) return done;
    }
    // A handler that closed itself in open() is stale by now; outside of a run there is no buffer to read into.
    if (*static_cast<const bool*>(read) && opened.home().context() != nullptr && opened.wants_more()) {
      if (const Result<> done = opened.handle_input(); !done) return done;
    }
    return opened.transport_->on_readiness() || opened.is(svc::closed) ? Result<>{} : opened.update_interest();
  };
  (void)home.begin(*ref, open, &first_read, first_read ? os::Ready::input : std::uint8_t{0});
  return begun;
}

Svc_Handler::Svc_Handler() noexcept = default;

Svc_Handler::~Svc_Handler() {
  if (!of_a_service()) return;
  if (cold_) {
    home().unfile(*cold_);
    service_->budget().release(cold_->queue.length() + cold_->unread_size);
  }
  log(Log_Level::debug, "closed");
  close_transport();
}

void Svc_Handler::close_transport() noexcept {
  if (!handle_.valid()) return;
  if (transport_ == nullptr) {
    os::close(handle_);
  } else {
    transport_->close(*this, is(svc::aborted));
  }
  handle_ = os::Handle{};
}

Svc_Handler::Cold* Svc_Handler::cold() noexcept {
  if (!cold_) cold_.reset(new (std::nothrow) Cold{*this});
  return cold_.get();
}

Result<> Svc_Handler::end_idle() {
  if (!offloads()) return fail(errc::idle_timeout);
  return await_idle();
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

Result<> Svc_Handler::handle_input() { return transport_->input(*this); }

/// What was left unread comes first, in one piece with `bytes`: at Transport::buffer, before which is room for it.
Result<> Svc_Handler::deliver(Bytes bytes) {
  set(svc::heard);
  if (is(svc::draining)) (void)home().flush_later(ref_);
  service_->metrics().bytes_in.add(bytes.size());
  if (is(svc::closing)) return {};  // read away
  if (cold_ && cold_->unread_size != 0) {
    const Bytes room = Transport::buffer(*this).first(bytes.size());
    if (bytes.data() != room.data()) std::memcpy(room.data(), bytes.data(), bytes.size());
    bytes = room;
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
  if (is(svc::draining)) (void)home().flush_later(ref_);
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

Result<> Svc_Handler::handle_post(Callback& callback) {
  Hook hook{*this};
  callback();
  return hook.end({});
}

Result<> Svc_Handler::ask_to_drain() {
  Hook hook{*this};
  handle_drain();
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

/// Nothing queued: looks once for bytes that have arrived, and answers them; a turn that finds none is the end. What
/// comes by itself has had a whole turn for it.
Result<> Svc_Handler::end_when_idle() {
  if (queued() != 0 || is(svc::closed | svc::closing)) return {};
  if (suspended_ != 0) return {};
  const bool looks = transport_->on_readiness();
  if (looks) unset(svc::heard);
  if (looks && reading()) {
    if (const Result<> done = transport_->input(*this); !done) return done;
  }
  const bool quiet = !is(svc::heard) && (looks || is(svc::listened));
  if (!looks) {
    unset(svc::heard);
    set(svc::listened);
  }
  return quiet ? (close_when_flushed(errc::stopping), Result<>{}) : home().flush_later(ref_);
}

Result<> Transport::deliver(Svc_Handler& handler, Bytes bytes) { return handler.deliver(bytes); }

bool Transport::wants_more(const Svc_Handler& handler) noexcept { return handler.wants_more(); }

bool Transport::wants_input(const Svc_Handler& handler) noexcept { return handler.reading(); }

Result<> Transport::deliver_end(Svc_Handler& handler) { return handler.deliver_end(); }

bool Transport::knows_end(const Svc_Handler& handler) noexcept { return handler.is(svc::end_seen); }

void Transport::take_back(Svc_Handler& handler, Const_Bytes unsent) { handler.take_back(unsent); }

Handler_Ref Transport::ref_of(const Svc_Handler& handler) noexcept { return handler.ref(); }

Service& Transport::service_of(const Svc_Handler& handler) noexcept { return handler.service(); }

void Transport::close_for(Svc_Handler& handler, std::error_code reason) { handler.close(reason); }

Transport& Transport::of(Svc_Handler& handler) noexcept { return *handler.transport_; }

Bytes Transport::buffer(Svc_Handler& handler) noexcept {
  return handler.home().context()->lent().subspan(Run_Context::unread_size);
}

}  // namespace v1
}  // namespace strata
