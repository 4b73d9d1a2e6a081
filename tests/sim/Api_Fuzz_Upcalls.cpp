// SPDX-License-Identifier: Apache-2.0
// The hooks: each is checked against the model as it comes, and then does something of its own.
#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include <strata/os/Clock.h>
#include <strata/os/Socket.h>

#include "Fuzz_Guest.h"

namespace strata_test {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using strata::Duration;
using strata::errc;
using strata::Event_Mask;
using strata::Result;
using strata::Suspension;
using strata::Time_Point;
using strata::sim::Random;

namespace {

constexpr Duration century = std::chrono::hours{24 * 36'525};  // an addition of less cannot overflow

/// The first whole millisecond at or after `due`: when a timer of that deadline may fire.
Time_Point tick_of(Time_Point due) { return std::chrono::ceil<milliseconds>(due); }

}  // namespace

/// An upcall of this kind has come: not before its phase of the turn, and to a handler that is there.
void Api_Fuzz::enter(Phase phase, Fuzz_Guest* guest, char letter) {
  expect(in_turn_, "an upcall outside of a turn");
  if (phase < phase_) complain(std::string{"out of the turn's order: "} + letter);
  phase_ = phase;
  if (guest == nullptr) return;
  if (phase != Phase::close && !guest->open()) complain(guest->name + " got an upcall after its close: " + letter);
  (guest->diary += letter) += std::to_string(turns_) + ' ';
}

Result<> Api_Fuzz::input(Fuzz_Guest& guest, strata::os::Handle handle) {
  enter(Phase::io, &guest, 'i');
  expect(guest.must_read && guest.wants(Event_Mask::input), "an input that nobody wants, or a second one");
  guest.must_read = false;
  std::byte bytes[4];
  const auto read = strata::os::receive(handle, std::span{bytes}.first(guest.random.between(1, 4)));
  if (!read) {
    complain("input without bytes: " + read.error().message());
    return {};
  }
  guest.unread -= std::min(*read, guest.unread);
  if (*read == 0) {
    expect(guest.peer_shut && guest.unread == 0, "an end that the peer did not send");
    if (guest.random.chance(0.5)) {
      note_closing(guest, errc::end_of_stream);
      return strata::fail(errc::end_of_stream);
    }
  }
  return behave(guest);
}

Result<> Api_Fuzz::output(Fuzz_Guest& guest) {
  if (guest.must_write && guest.wants(Event_Mask::output)) {
    enter(Phase::io, &guest, 'o');
    expect(!guest.must_read || !guest.wants(Event_Mask::input), "output before input");
    guest.must_read = guest.must_write = false;  // input that is wanted from now on comes in the next turn
  } else {
    expect(guest.must_flush, "an output that nobody wants, or a second one");
    enter(Phase::flush, &guest, 'f');
    expect(!guest.must_read || !guest.wants(Event_Mask::input), "a flush before input");
    guest.must_read = guest.must_write = guest.must_flush = false;
  }
  return behave(guest);
}

Result<> Api_Fuzz::timeout(Fuzz_Guest& guest, strata::Timer_Id id) {
  const auto timer =
      std::ranges::find_if(timers_, [id](const auto& each) { return each.second.token.id() == id; });
  if (timer == timers_.end()) {
    complain("a timer that nobody set");
    return {};
  }
  expect(timer->second.guest == &guest, "another's timer");
  enter(Phase::timers, &guest, 't');
  fired(timer->first);
  return behave(guest);
}

/// In order of (tick, filing), none early; a periodic one skips what is past, without drift.
void Api_Fuzz::fired(std::uint64_t serial) {
  const auto found = timers_.find(serial);
  if (found == timers_.end()) return complain("a cancelled timer fired");
  Timer_Model& timer = found->second;
  if (timer.guest == nullptr) enter(Phase::timers, nullptr, 't');
  const auto tick = std::chrono::floor<milliseconds>(strata::Clock::now());
  if (timer.due > tick) complain("a timer fired early");
  for (const auto& [id, other] : timers_) {
    const bool waits = other.order < serial_at_turn_ && other.due <= tick && (!other.guest || other.guest->open());
    const auto key = [](const Timer_Model& each) { return std::pair{tick_of(each.due), each.order}; };
    if (waits && key(other) < key(timer)) complain("a timer overtook another");
  }
  if (timer.interval > Duration::zero()) {
    timer.due += (std::max<Duration>(tick - timer.due, 0ns) / timer.interval + 1) * timer.interval;
    timer.order = serial_++;
  }
  const bool again = timer.interval > Duration::zero() && !timer.random.chance(0.3);
  if (!again && timer.random.chance(0.3)) {  // set anew within its own upcall
    const Duration after = milliseconds{timer.random.between(1, 3)};
    expect(timer.token.reset(after), "reset failed in the timer's own upcall");
    timer.due = strata::Clock::now() + after;
    timer.order = serial_++;
    return;
  }
  if (!again) timers_.erase(found);  // cancels: that of a periodic one, within its own upcall
}

void Api_Fuzz::ran(std::uint64_t id) {
  while (!posts_.empty() && posts_.front().guest != nullptr && !posts_.front().guest->open()) posts_.pop_front();
  if (posts_.empty() || posts_.front().id != id) return complain("a post out of order, or one for a closed handler");
  Fuzz_Guest* const guest = posts_.front().guest;
  posts_.pop_front();
  enter(Phase::posts, guest, 'p');
  if (guest == nullptr) return;
  const Result<> done = behave(*guest);
  if (done || done.error() == std::errc::operation_would_block) return;
  expect(reactor_->close(guest->ref, done.error()).has_value(), "close failed");
}

/// Once, last, with the first reason; here the descriptor may be given to a new handler.
void Api_Fuzz::closed(Fuzz_Guest& guest, std::error_code reason, strata::os::Unique_Handle& handle) {
  enter(Phase::close, &guest, 'c');
  if (guest.stage != Fuzz_Guest::Stage::closing) complain(guest.name + " was closed unasked, or twice: " + guest.diary);
  if (reason != guest.reason) complain("another reason: " + reason.message());
  guest.stage = Fuzz_Guest::Stage::closed;
  if (guest.borrowed != nullptr || !guest.random.chance(0.4) || turns_ == 0) return;
  const std::string name = guest.name + '+';
  Fuzz_Guest& heir = *guests_.emplace(name, std::make_unique<Fuzz_Guest>(name, guest.random.next())).first->second;
  heir.peer = std::move(guest.peer);
  heir.unread = guest.unread;
  heir.peer_shut = guest.peer_shut;
  heir.peer_closed = guest.peer_closed;
  heir.interest = Event_Mask::both;
  register_guest(heir, std::make_unique<Fuzz_Handler>(*this, heir, std::move(handle)));
}

void Api_Fuzz::note_closing(Fuzz_Guest& guest, std::error_code reason) {
  if (!guest.open()) return;
  guest.stage = Fuzz_Guest::Stage::closing;
  guest.reason = reason;
  stale_.push_back(guest.ref);
  std::erase_if(timers_, [&](const auto& timer) { return timer.second.guest == &guest; });
}

/// What a guest does in its own hook. A mechanism that reports hang-ups unasked (epoll, poll) may serve a wider
/// interest in the same turn, one that does not (select) in the next: with a closed peer it is not widened.
Result<> Api_Fuzz::behave(Fuzz_Guest& guest) {
  Random& random = guest.random;
  switch (random.below(16)) {
    case 0:
      close(guest, make_error_code(errc::canceled));
      break;
    case 1:
      note_closing(guest, make_error_code(errc::overflow));
      return strata::fail(errc::overflow);
    case 2:
      note_closing(guest, std::make_error_code(std::errc::state_not_recoverable));
      throw std::runtime_error{"as the fuzz wants it"};
    case 3:
      return strata::fail(std::errc::operation_would_block);
    case 4:
      if (!guest.peer_closed) set_interest(guest, static_cast<Event_Mask>(random.below(4)));
      break;
    case 5:
      suspend_or_resume(guest, random, !guest.peer_closed);
      break;
    case 6:
      flush_later(guest);
      break;
    case 7:
      post(&guest);
      break;
    case 8:
      arm(&guest, milliseconds{random.between(1, 5)}, {}, Random{random.next()});
      break;
    case 9:
      expect(reactor_->run_one().error() == std::errc::resource_deadlock_would_occur, "a nested run was not refused");
      break;
    default:
      break;
  }
  return {};
}

void Api_Fuzz::set_interest(Fuzz_Guest& guest, Event_Mask mask) {
  if (!guest.open()) return;
  expect(reactor_->set_interest(guest.ref, mask).has_value(), "set_interest failed");
  guest.interest = mask;
}

void Api_Fuzz::suspend_or_resume(Fuzz_Guest& guest, Random& random, bool may_resume) {
  if (!guest.open()) return;
  constexpr Suspension reasons[] = {Suspension::user, Suspension::rate, Suspension::drain};
  const Suspension reason = reasons[random.below(3)];
  if (may_resume && random.chance(0.6)) {
    expect(reactor_->resume(guest.ref, reason).has_value(), "resume failed");
    guest.suspended &= ~static_cast<unsigned>(reason);
  } else {
    expect(reactor_->suspend(guest.ref, reason).has_value(), "suspend failed");
    guest.suspended |= static_cast<unsigned>(reason);
  }
}

void Api_Fuzz::close(Fuzz_Guest& guest, std::error_code reason) {
  if (!guest.open()) return;
  expect(reactor_->close(guest.ref, reason).has_value(), "close failed");
  note_closing(guest, reason);
}

/// Served in this turn's flush, once however often asked; what is asked in the flush waits for the next.
void Api_Fuzz::flush_later(Fuzz_Guest& guest) {
  if (!guest.open()) return;
  expect(reactor_->flush_later(guest.ref).has_value(), "flush_later failed");
  const bool this_turn = in_turn_ && phase_ < Phase::flush;
  (this_turn ? guest.must_flush : guest.flush_next) = true;
}

void Api_Fuzz::post(Fuzz_Guest* guest) {
  if (guest != nullptr && !guest->open()) return;
  const std::uint64_t id = serial_++;
  const auto run = [this, id] { ran(id); };
  const Result<> posted = guest == nullptr ? reactor_->post(run) : reactor_->post(guest->ref, run);
  if (!posted) return complain("post: " + posted.error().message());
  next_posts_.push_back({id, guest});
}

void Api_Fuzz::arm(Fuzz_Guest* guest, Duration after, Duration interval, Random random) {
  if (guest != nullptr && !guest->open()) return;
  const std::uint64_t id = serial_++;
  Timer_Model& timer = timers_[id];
  timer.due = after > century ? Time_Point::max() - 1h : strata::Clock::now() + std::max(after, Duration::zero());
  timer.interval = after > century ? Duration{} : interval;
  timer.order = id;
  timer.guest = guest;
  timer.from_outside = !in_turn_;
  timer.random = random;
  timer.token = guest != nullptr ? reactor_->schedule(guest->ref, after, timer.interval)
                                 : reactor_->schedule(after, [this, id] { fired(id); }, timer.interval);
  expect(timer.token.active(), "schedule failed");
}

void Api_Fuzz::touch_timer() {
  std::vector<std::uint64_t> own;  // hooks' timers are numbered in the order of service, which mechanisms choose
  for (const auto& [id, timer] : timers_) {
    if (timer.from_outside) own.push_back(id);
  }
  if (own.empty()) return;
  const auto chosen = timers_.find(own[random_.below(own.size())]);
  Timer_Model& timer = chosen->second;
  expect(timer.token.active(), "a timer that waits is not active");
  if (random_.chance(0.5)) {
    timers_.erase(chosen);
    return;
  }
  const Duration after = std::chrono::microseconds{random_.below(6'000)};
  expect(timer.token.reset(after), "reset failed");
  timer.due = strata::Clock::now() + after;
  timer.order = serial_++;
}

}  // namespace strata_test
