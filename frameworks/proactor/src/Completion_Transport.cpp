// SPDX-License-Identifier: Apache-2.0
#include "Completion_Transport.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include <strata/os/Socket.h>

#include "Raw_Result.h"

namespace strata {
inline namespace v1 {

namespace {

constexpr std::size_t most_free_chunks = 256;  // as many as one turn needs

/// Gives a lent buffer back at the end of a scope.
class Lent {
 public:
  Lent(Reactor& home, std::uint16_t buffer) noexcept : home_(home), buffer_(buffer) {}
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  ~Lent() { home_.give_back(buffer_); }

 private:
  Reactor& home_;
  std::uint16_t buffer_;
};

}  // namespace

// --- Chunks ---

void Send_Chunk::handle_completion(const os::Ready& completion) noexcept { owner->sent(completion.result); }

std::unique_ptr<Send_Chunk> Completion_Engine::take_chunk() noexcept {
  if (free_ == nullptr) return std::unique_ptr<Send_Chunk>{new (std::nothrow) Send_Chunk};
  --count_;
  return std::unique_ptr<Send_Chunk>{std::exchange(free_, free_->next)};
}

void Completion_Engine::give_chunk(std::unique_ptr<Send_Chunk> chunk) noexcept {
  if (count_ == most_free_chunks) return;
  ++count_;
  chunk->next = free_;
  free_ = chunk.release();
}

Completion_Engine::~Completion_Engine() {
  while (free_ != nullptr) (void)take_chunk();
}

// --- Life ---

Completion_Transport::Completion_Transport(Completion_Engine& engine, os::Handle of)
    : Completion_Handler(os::Request::receive_lent), engine_(engine) {
  handle = of;
  if (engine.home.pooled()) aside_ = std::make_unique<Aside>(*this);  // whoever waits for events needs it
}

Completion_Transport::~Completion_Transport() {
  if (aside_ == nullptr) return;
  for (const os::Ready& one : aside_->arrived) {
    if (one.is(os::Ready::lent)) engine_.home.give_back(one.buffer);
  }
}

void Completion_Transport::hold() noexcept {
  if (engine_.home.pooled()) {
    holds_.fetch_add(1, std::memory_order_relaxed);
  } else {
    holds_.store(holds_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}

void Completion_Transport::let_go() noexcept {
  std::uint32_t left = 0;
  if (engine_.home.pooled()) {
    left = holds_.fetch_sub(1, std::memory_order_acq_rel) - 1;
  } else {
    left = holds_.load(std::memory_order_relaxed) - 1;
    holds_.store(left, std::memory_order_relaxed);
  }
  if (left != 0) return;
  os::close(handle);
  delete this;
}

void Completion_Transport::close(Svc_Handler& handler, bool abort) noexcept {
  if (abort) (void)os::set_option(handle, os::Socket_Option::linger, 0);  // else it closes with FIN
  set(closed);
  if (is(receiving) && !is(stopping)) engine_.home.cancel(*this);
  if (aside_ != nullptr) {
    if (aside_->polling) engine_.home.cancel(aside_->poll);
    service_of(handler).budget().release(aside_->held.length());
    aside_->held.clear();
  }
  let_go();
}

/// Once: whoever waits for events reads it, too.
void Completion_Transport::know(const Svc_Handler& handler) noexcept {
  if (token_ == 0) token_ = ref_of(handler).token();
}

Completion_Transport::Aside* Completion_Transport::aside() noexcept {
  if (aside_ == nullptr) aside_.reset(new (std::nothrow) Aside{*this});
  return aside_.get();
}

// --- Input ---

Result<> Completion_Transport::want(Svc_Handler& handler, os::Interest directions) {
  know(handler);
  const bool input_wanted = any(directions & os::Interest::input);
  if (input_wanted) {
    set(wanted);
    if (!is(ended | receiving)) submit_receive();
    if (aside_ != nullptr && aside_->holds()) (void)engine_.home.flush_later(ref());
  } else {
    unset(wanted);
    if (is(receiving) && !is(stopping)) {
      set(stopping);
      engine_.home.cancel(*this);
    }
  }
  const bool output_wanted = any(directions & os::Interest::output);
  if (output_wanted && sending()) return {};
  // After the end a poll would tell of that alone, at once.
  const bool watches = output_wanted || (!input_wanted && !is(ended));
  const Result<> watched = watch(watches, directions & os::Interest::output);
  if (!watched) close_for(handler, watched.error());
  return watched;
}

/// A first read, where bytes are known to be there; later ones come by themselves.
Result<> Completion_Transport::input(Svc_Handler& handler) {
  if (is(receiving | ended)) return {};
  const Bytes room = buffer(handler);
  const Result<std::size_t> read = os::receive(handle, room);
  if (!read) return read.error() == std::errc::operation_would_block ? Result<>{} : fail(read.error());
  return *read == 0 ? Result<>{} : deliver(handler, room.first(*read));  // the receive tells of the end again
}

void Completion_Transport::submit_receive() noexcept {
  set(receiving);
  hold();
  engine_.home.submit(*this);
}

void Completion_Transport::handle_completion(const os::Ready& completion) noexcept {
  Reactor& home = engine_.home;
  Result<> taken;
  if (home.pooled()) {
    taken = note(completion);
    if (taken) taken = home.invoke(ref(), take_up);
  } else {
    engine_.current = &completion;
    taken = home.invoke(ref(), take_up);
    if (!taken && completion.is(os::Ready::lent)) home.give_back(completion.buffer);
  }
  if (!taken && taken.error() != std::errc::identifier_removed) (void)home.close(ref(), taken.error());
  if (completion.is(os::Ready::last)) let_go();
}

Result<> Completion_Transport::note(const os::Ready& completion) noexcept try {
  const std::lock_guard held{aside_->monitor};
  aside_->arrived.push_back(completion);
  return {};
} catch (const std::bad_alloc&) {
  if (completion.is(os::Ready::lent)) engine_.home.give_back(completion.buffer);
  return fail(std::errc::not_enough_memory);
}

Result<> Completion_Transport::take_up(Event_Handler& event_handler, void*) {
  auto& handler = static_cast<Svc_Handler&>(event_handler);
  auto& transport = static_cast<Completion_Transport&>(of(handler));
  os::Ready completion{};
  if (transport.engine_.home.pooled()) {
    const std::lock_guard held{transport.aside_->monitor};
    auto& arrived = transport.aside_->arrived;
    completion = arrived.front();
    arrived.erase(arrived.begin());
  } else {
    completion = *transport.engine_.current;
  }
  return transport.receive(handler, completion);
}

Result<> Completion_Transport::receive(Svc_Handler& handler, const os::Ready& completion) {
  const bool stopped = is(stopping);
  if (completion.is(os::Ready::last)) unset(receiving | stopping);
  Result<> done;
  if (completion.is(os::Ready::lent)) {
    const Lent lent{engine_.home, completion.buffer};
    const Bytes bytes = engine_.port.lent(completion);
    const bool waits = !wants_input(handler) || (aside_ != nullptr && aside_->holds());
    done = waits ? keep(handler, bytes) : deliver(handler, bytes);
  } else if (completion.result == 0) {
    set(ended);
    if (wants_input(handler) && (aside_ == nullptr || !aside_->holds())) return tell_end(handler);
    if (aside() == nullptr) return fail(std::errc::not_enough_memory);
    aside_->end_held = true;
  } else if (completion.result != raw_canceled) {
    set(ended);
    return fail(code_of(completion.result));
  }
  // Where nobody here has asked for it, the reactor ends.
  const bool goes_on = completion.result != raw_canceled || stopped;
  if (done && goes_on && is(wanted) && !is(ended | receiving)) submit_receive();
  return done;
}

/// Came while the handler takes nothing: what the port had begun before it was told so.
Result<> Completion_Transport::keep(Svc_Handler& handler, Const_Bytes bytes) {
  if (aside() == nullptr) return fail(std::errc::not_enough_memory);
  Budget& budget = service_of(handler).budget();
  if (!budget.charge(bytes.size())) return fail(std::errc::no_buffer_space);
  const Result<> kept = aside_->held.append(bytes);
  if (!kept) budget.release(bytes.size());
  return kept;
}

Result<> Completion_Transport::deliver_held(Svc_Handler& handler) {
  if (aside_ == nullptr || !aside_->holds()) return {};
  while (!aside_->held.empty() && wants_more(handler)) {
    const Const_Bytes first = aside_->held.readable();
    const Bytes room = buffer(handler);
    const std::size_t fits = std::min(first.size(), room.size());
    std::memcpy(room.data(), first.data(), fits);
    (void)aside_->held.consume(fits);
    service_of(handler).budget().release(fits);
    if (const Result<> done = deliver(handler, room.first(fits)); !done) return done;
  }
  if (!aside_->end_held || !aside_->held.empty() || !wants_more(handler)) return {};
  aside_->end_held = false;
  return tell_end(handler);
}

/// It does not come again. What the handler had left unread goes before it, and may be all that it takes now.
Result<> Completion_Transport::tell_end(Svc_Handler& handler) {
  const Result<> done = deliver_end(handler);
  if (!done || knows_end(handler)) return done;
  if (aside() == nullptr) return fail(std::errc::not_enough_memory);
  aside_->end_held = true;
  return {};
}

// --- Output ---

bool Completion_Transport::sending() noexcept {
  if (sending_ != nullptr) set(awaited);
  return sending_ != nullptr;
}

Result<std::size_t> Completion_Transport::send(Svc_Handler& handler, std::span<const Const_Bytes> parts) {
  if (sending() || awaits_room()) return fail(std::errc::operation_would_block);
  std::size_t total = 0;
  for (const Const_Bytes part : parts) total += part.size();
  Reactor& home = engine_.home;
  std::unique_ptr<Send_Chunk> chunk;
  if (total <= Send_Chunk::capacity && !home.pooled() && home.context() != nullptr) chunk = engine_.take_chunk();
  if (chunk == nullptr) return parts.size() == 1 ? os::send(handle, parts[0]) : os::send(handle, parts);
  know(handler);
  std::byte* end = chunk->bytes.data();
  for (const Const_Bytes part : parts) {
    std::memcpy(end, part.data(), part.size());
    end += part.size();
  }
  chunk->owner = this;
  chunk->handle = handle;
  chunk->data = chunk->bytes.data();
  chunk->size = total;
  hold();
  home.submit(*chunk);
  sending_ = std::move(chunk);
  return total;
}

void Completion_Transport::sent(std::int32_t result) noexcept {
  std::unique_ptr<Send_Chunk> chunk = std::move(sending_);
  Reactor& home = engine_.home;
  const bool flush = is(awaited);
  unset(awaited);
  if (Event_Handler* const found = is(closed) ? nullptr : home.find(ref())) {
    auto& handler = static_cast<Svc_Handler&>(*found);
    const Const_Bytes sent_bytes{chunk->data, chunk->size};
    const std::size_t taken = result < 0 ? 0 : static_cast<std::size_t>(result);
    if (result < 0 && result != raw_would_block) {
      close_for(handler, code_of(result));
    } else if (taken < sent_bytes.size()) {
      take_back(handler, sent_bytes.subspan(taken));
    } else if (flush) {
      (void)home.flush_later(ref());
    }
  }
  engine_.give_chunk(std::move(chunk));
  let_go();
}

/// The last one came back for want of it, and a poll is to tell.
bool Completion_Transport::awaits_room() const noexcept {
  return aside_ != nullptr && aside_->polling && aside_->awaits && any(aside_->awaited & os::Interest::output);
}

Result<> Completion_Transport::shutdown_send(Svc_Handler&) { return shut(handle); }

// --- What a poll tells ---

Result<> Completion_Transport::watch(bool something, os::Interest directions) {
  if (aside_ == nullptr && !something) return {};
  if (aside() == nullptr) return fail(std::errc::not_enough_memory);
  Aside& a = *aside_;
  a.awaits = something;
  a.awaited = directions;
  if (a.polling) {
    if (!something || a.asked != directions) {
      a.changing = true;
      engine_.home.cancel(a.poll);
    }
  } else if (something && !a.hung_up) {
    submit_poll();
  }
  return {};
}

void Completion_Transport::submit_poll() noexcept {
  Aside& a = *aside_;
  a.polling = true;
  a.poll.handle = handle;
  a.asked = a.awaited;
  a.poll.size = static_cast<std::size_t>(a.asked);
  hold();
  engine_.home.submit(a.poll);
}

void Completion_Transport::polled(std::int32_t result) noexcept {
  aside_->result = result;
  (void)engine_.home.invoke(ref(), take_up_poll);  // stale: its transport closes
  let_go();
}

Result<> Completion_Transport::take_up_poll(Event_Handler& event_handler, void*) {
  auto& transport = static_cast<Completion_Transport&>(of(static_cast<Svc_Handler&>(event_handler)));
  Aside& a = *transport.aside_;
  a.polling = false;
  const bool changed = std::exchange(a.changing, false);
  if (!a.awaits) return {};
  if (a.result == raw_canceled) {  // where nobody here has asked for it, the reactor ends
    if (changed) transport.submit_poll();
    return {};
  }
  if (a.result < 0) return fail(code_of(a.result));
  const auto set = static_cast<std::uint8_t>(a.result);
  const bool error = (set & os::Ready::error) != 0;
  if (error && !any(a.awaited)) {
    const std::error_code cause = os::pending_error(transport.handle);
    return fail(cause ? cause : std::make_error_code(std::errc::connection_reset));
  }
  if (!any(a.awaited) && (set & (os::Ready::hangup | os::Ready::read_end)) == 0) {  // the answer to an earlier question
    return transport.submit_poll(), Result<>{};
  }
  a.awaits = false;
  if (any(a.awaited)) return transport.engine_.home.flush_later(transport.ref());
  a.hung_up = true;  // an orderly end, which is told when input is wanted again; a poll would only tell of it anew
  return {};
}

}  // namespace v1
}  // namespace strata
