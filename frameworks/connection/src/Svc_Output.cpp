// SPDX-License-Identifier: Apache-2.0
// Output of a connection: cork, queue, water marks, the orderly end.
#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>

#include <strata/connection/Transport.h>
#include <strata/os/Socket.h>
#include <strata/timers/Tick.h>
#include <strata/timers/Timer_Queue.h>

#include "Svc_State.h"

namespace strata {
inline namespace v1 {

namespace {

constexpr int sends_a_turn = 4;  ///< gathered writes for one connection, so that no other waits

std::size_t total(std::span<const Const_Bytes> parts) noexcept {
  return std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                         [](std::size_t sum, Const_Bytes part) { return sum + part.size(); });
}

bool would_block(std::error_code error) noexcept { return error == std::errc::operation_would_block; }

}  // namespace

std::size_t Svc_Handler::queued() const noexcept { return cold_ ? cold_->queue.length() : 0; }

bool Svc_Handler::corking() const noexcept {
  const Run_Context* context = home().context();
  return context != nullptr && context->corked_by == this;
}

Result<> Svc_Handler::put(Const_Bytes bytes) {
  if (is(svc::no_more)) return fail(std::errc::broken_pipe);
  if (bytes.empty()) return {};
  Run_Context* context = home().context();
  if (context != nullptr && context->corked_by == this && queued() == 0) {
    if (bytes.size() < cork_limit && context->corked + bytes.size() <= Run_Context::cork_size) {
      std::memcpy(context->cork().data() + context->corked, bytes.data(), bytes.size());
      context->corked += bytes.size();
      return {};
    }
    const std::array<Const_Bytes, 2> parts{context->cork().first(std::exchange(context->corked, 0)), bytes};
    return send_now(std::span{parts}.subspan(parts[0].empty() ? 1 : 0));
  }
  return put_behind(bytes, bytes.size());
}

Result<> Svc_Handler::put(Message_Block&& message) {
  if (is(svc::no_more)) return fail(std::errc::broken_pipe);
  const std::size_t size = message.length();
  if (size == 0) return {};
  if (!corking() || queued() != 0) return put_behind(std::move(message), size);
  if (size < cork_limit && message.readable().size() == size) return put(message.readable());
  return send_now(std::move(message));
}

/// The overflow policy. A connection that has nothing queued takes any one message.
Result<> Svc_Handler::admit(std::size_t size) {
  if (home().find(ref_) == nullptr) return fail(std::errc::broken_pipe);  // the reactor has closed it
  const Stream_Options& limits = service_->stream();
  if (queued() == 0 || queued() + size <= limits.high_water) return {};
  switch (limits.overflow) {
    case Overflow::pause:
      // A hook finishes what it began: bounded, for no input comes above the mark. A timer's would not be.
      return corking() && !is(svc::above) ? Result<>{} : fail(std::errc::no_buffer_space);
    case Overflow::close:
      close(errc::overflow);
      return fail(errc::overflow);
    case Overflow::shed:
      service_->count_shed(home());
      return fail(errc::shed);
  }
  return {};
}

/// Queues, and has it sent at the turn's flush, or when the peer takes more.
template <class Bytes_Or_Block>
Result<> Svc_Handler::put_behind(Bytes_Or_Block&& what, std::size_t size) {
  if (const Result<> admitted = admit(size); !admitted) return admitted;
  const bool first = queued() == 0;
  const bool was_paused = is(svc::paused);
  if (const Result<> kept = enqueue(std::forward<Bytes_Or_Block>(what), size); !kept) return kept;
  if (first) return home().flush_later(ref_);
  return is(svc::paused) == was_paused ? Result<>{} : update_interest();
}

/// Keeps the bytes behind those that are queued, charged, under the write timer.
template <class Bytes_Or_Block>
Result<> Svc_Handler::enqueue(Bytes_Or_Block&& what, std::size_t size) {
  Cold* state = cold();
  if (state == nullptr) return fail(std::errc::not_enough_memory);
  if (!service_->budget().charge(size)) return fail(std::errc::no_buffer_space);
  Result<> kept;
  if (const Duration limit = service_->stream().write_timeout; limit > Duration::zero() && !home().filed(*state)) {
    kept = home().file(*state, deadline_tick(home().now(), limit), write_timer_kind);
  }
  if constexpr (std::is_same_v<std::remove_cvref_t<Bytes_Or_Block>, Message_Block>) {
    if (kept) kept = state->queue.cont(std::move(what));
  } else {
    if (kept) kept = state->queue.append(what);
  }
  if (!kept) {
    service_->budget().release(size);
    if (state->queue.empty()) home().unfile(*state);
    return kept;
  }
  if (queued() > service_->stream().high_water) set(svc::paused);
  return {};
}

/// One send. An error closes, and nothing was taken.
std::size_t Svc_Handler::send_parts(std::span<const Const_Bytes> parts) {
  const Result<std::size_t> sent = transport_->send(*this, parts);
  if (!sent && !would_block(sent.error())) close(sent.error());
  const std::size_t taken = sent.value_or(0);
  service_->metrics().bytes_out.add(taken);
  if (taken != 0) touch();
  return taken;
}

/// In this connection's own hook, with nothing queued: what the peer does not take now is queued.
Result<> Svc_Handler::send_now(std::span<const Const_Bytes> parts) {
  std::size_t taken = send_parts(parts);
  if (taken == total(parts) || is(svc::closed)) return {};
  for (Const_Bytes part : parts) {
    const std::size_t skip = std::min(taken, part.size());
    taken -= skip;
    if (skip == part.size()) continue;
    if (const Result<> kept = enqueue(part.subspan(skip), part.size() - skip); !kept) {
      close(errc::shed);  // half a message is out: the stream cannot go on without its rest
      return {};
    }
  }
  return kept_some();
}

/// The same with a message behind the cork; its rest is not copied.
Result<> Svc_Handler::send_now(Message_Block&& message) {
  Run_Context* context = home().context();
  const Const_Bytes corked = context->cork().first(std::exchange(context->corked, 0));
  std::array<Const_Bytes, os::max_gather> room{corked};
  const auto parts = std::span<const Const_Bytes>{room};
  const std::size_t taken = send_parts(parts.first(1 + message.gather(std::span{room}.subspan(1))));
  if (is(svc::closed)) return {};
  const Const_Bytes before = corked.subspan(std::min(taken, corked.size()));
  (void)message.consume(taken - std::min(taken, corked.size()));  // never more than was gathered
  if (before.empty() && message.empty()) return {};
  const std::size_t left = message.length();
  if ((!before.empty() && !enqueue(before, before.size())) || !enqueue(std::move(message), left)) {
    close(errc::shed);  // as above
    return {};
  }
  return kept_some();
}

void Svc_Handler::take_back(Const_Bytes unsent) {
  service_->metrics().bytes_out.add(std::size_t{0} - unsent.size());
  Message_Block behind = cold_ ? std::exchange(cold_->queue, Message_Block{}) : Message_Block{};
  Result<> kept = enqueue(unsent, unsent.size());
  if (kept) kept = cold_->queue.cont(std::move(behind));
  if (!kept) {
    service_->budget().release(behind.length());
    return close(errc::shed);  // half a message is out: the stream cannot go on without its rest
  }
  if (queued() > service_->stream().high_water) set(svc::paused);
  if (const Result<> done = kept_some(); !done) close(done.error());
}

Result<> Svc_Handler::kept_some() {
  if (is(svc::paused) && service_->stream().overflow == Overflow::close) close(errc::overflow);
  return update_interest();
}

Result<> Svc_Handler::flush_cork() {
  Run_Context* context = home().context();
  const std::array<Const_Bytes, 1> parts{context->cork().first(std::exchange(context->corked, 0))};
  if (parts[0].empty() || is(svc::aborted)) return {};
  return send_now(parts);
}

Result<> Svc_Handler::handle_output() {
  if (is(svc::redeliver)) {
    if (const Result<> done = redeliver(); !done) return done;
  }
  if (const Result<> done = transport_->deliver_held(*this); !done) return done;
  if (queued() != 0) {
    if (const Result<> done = flush_queue(); !done) return done;
  }
  if (queued() == 0) {
    if (const Result<> done = finish_sending(); !done) return done;
  }
  return is(svc::draining) ? end_when_idle() : Result<>{};
}

Result<> Svc_Handler::flush_queue() {
  Message_Block& queue = cold_->queue;
  for (int i = 0; i < sends_a_turn && !queue.empty(); ++i) {
    std::array<Const_Bytes, os::max_gather> room;
    const auto parts = std::span<const Const_Bytes>{room}.first(queue.gather(room));
    const std::size_t taken = send_parts(parts);
    if (taken == 0) break;
    (void)queue.consume(taken);  // never more than was gathered
    service_->budget().release(taken);
    if (const Result<> done = after_progress(); !done) return done;
    if (taken < total(parts)) break;
  }
  return is(svc::closed) ? Result<>{} : update_interest();
}

Result<> Svc_Handler::after_progress() {
  if (cold_->queue.empty()) {
    home().unfile(*cold_);
  } else {
    home().refile(*cold_, deadline_tick(home().now(), service_->stream().write_timeout));
  }
  if (!is(svc::paused) || queued() > service_->stream().low_water) return {};
  if (suspended_ == 0) redeliver_later();
  unset(svc::paused);
  Hook hook{*this};
  return hook.end(handle_writable());
}

/// The queue is empty: FIN where one is due, then the close that waited for it.
Result<> Svc_Handler::finish_sending() {
  if ((is(svc::end_wanted) || is(svc::closing)) && transport_->sending()) return {};
  if (is(svc::end_wanted) && !is(svc::end_sent)) {
    set(svc::end_sent);
    if (const Result<> shut = transport_->shutdown_send(*this); !shut) return shut;
  }
  if (!is(svc::closing) || is(svc::lingering)) return {};
  if (is(svc::end_seen)) return close(cold_->reason), Result<>{};
  set(svc::lingering);
  const Tick deadline = deadline_tick(home().now(), linger_time);
  if (const Result<> timed = home().file(*cold_, deadline, write_timer_kind); !timed) return timed;
  return update_interest();
}

void Svc_Handler::write_expired(void*, Timer_Node& node) noexcept {
  const auto expired = [](Event_Handler& e, void*) -> Result<> {
    auto& blocked = static_cast<Svc_Handler&>(e);
    if (blocked.home().filed(*blocked.cold_)) return {};
    return blocked.close(blocked.is(svc::lingering) ? blocked.cold_->reason : make_error_code(errc::write_timeout)),
           Result<>{};
  };
  static_cast<Cold&>(node).owner.expire(expired);
}

Result<> Svc_Handler::shutdown_send() {
  if (is(svc::end_wanted)) return {};
  if (corking()) {
    if (const Result<> flushed = flush_cork(); !flushed) return flushed;
  }
  set(svc::end_wanted);
  return queued() == 0 ? finish_sending() : Result<>{};
}

void Svc_Handler::close_when_flushed(std::error_code reason) {
  if (is(svc::closing | svc::closed)) return;
  if (corking() && !flush_cork()) return;
  if (is(svc::closed)) return;
  // Closing sends FIN by itself.
  if (is(svc::end_seen) && queued() == 0 && !transport_->sending()) return close(reason);
  Cold* state = cold();
  if (state == nullptr) return close(std::make_error_code(std::errc::not_enough_memory));
  state->reason = reason;
  set(svc::closing | svc::end_wanted);
  if (queued() != 0) return;
  if (const Result<> finished = finish_sending(); !finished) close(finished.error());
}

}  // namespace v1
}  // namespace strata
