// SPDX-License-Identifier: Apache-2.0
#include "Model_Echo.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <strata/wrappers/Message_Block.h>

namespace strata_test {

using namespace std::chrono_literals;
using strata::Clock;
using strata::Duration;
using strata::Time_Point;

/// Hooks of one handler never overlap, and none follows a close.
class Model_Echo::Upcall {
 public:
  Upcall(Model_Echo& echo, const char* name) : echo_{echo} {
    if (echo.in_hook_) echo.ledger_.complain(std::string{"a hook inside a hook: "} + name);
    if (echo.life_.asked_to_close) echo.ledger_.complain(std::string{"an upcall after close: "} + name);
    if (echo.life_.closes != 0) echo.ledger_.complain(std::string{"an upcall after handle_close: "} + name);
    echo.in_hook_ = true;
    echo.ledger_.world.may_switch();
  }
  ~Upcall() { echo_.in_hook_ = false; }

 private:
  Model_Echo& echo_;
};

Model_Echo::Model_Echo(strata::Service& service)
    : ledger_{static_cast<Echo_Service&>(service).ledger}, life_{ledger_.lives.emplace_back()},
      style_{static_cast<Style>(ledger_.random.below(4))} {
  life_.last_input = Clock::now();
}

Model_Echo::~Model_Echo() { life_.destroyed = true; }

strata::Result<> Model_Echo::open() {
  const Upcall upcall{*this, "open"};
  life_.port = peer().port();
  ledger_.open.push_back(this);
  if (ledger_.random.chance(0.5)) arm_tick();
  return {};
}

strata::Result<> Model_Echo::handle_data(Bytes bytes) {
  const Upcall upcall{*this, "handle_data"};
  life_.last_input = Clock::now();
  const std::size_t rest = ledger_.plan.frames ? bytes.size() % frame_size : 0;
  if (const Result<> kept = unread(bytes.last(rest)); !kept) return kept;
  if (const Result<> replied = reply(bytes.first(bytes.size() - rest)); !replied) return replied;
  if (ledger_.random.chance(0.05)) pause_input();
  if (ledger_.random.chance(0.1)) meddle();
  if (ledger_.random.chance(0.1)) haunt();
  return ledger_.plan.calm || !ledger_.random.chance(0.02) ? Result<>{} : misbehave();
}

strata::Result<> Model_Echo::reply(Bytes bytes) {
  switch (style_) {
    case Style::plain:
      return put_counted(bytes);
    case Style::pieces:
      return put_pieces(bytes);
    case Style::hold:
      return hold(bytes);
    case Style::block:
      break;
  }
  Result<strata::Message_Block> block = strata::Message_Block::copy(bytes);
  const Result<> done = block ? put(std::move(*block)) : strata::fail(block.error());
  if (done) life_.put += bytes.size();
  return done;
}

strata::Result<> Model_Echo::put_counted(Bytes bytes) {
  const Result<> done = put(bytes);
  if (done) life_.put += bytes.size();
  return done;
}

strata::Result<> Model_Echo::put_pieces(Bytes bytes) {
  while (!bytes.empty()) {
    const Bytes piece = bytes.first(ledger_.random.between(1, std::min(bytes.size(), std::size_t{20'000})));
    if (const Result<> done = put_counted(piece); !done) return done;
    bytes = bytes.subspan(piece.size());
  }
  return {};
}

strata::Result<> Model_Echo::hold(Bytes bytes) {
  held_ += strata::as_text(bytes);
  if (held_.size() > 5'000 || ledger_.random.chance(0.4)) return release();
  const std::uint64_t way = ledger_.random.below(3);
  if (way == 0) {
    (void)home().post(ref(), [this] {
      const Upcall upcall{*this, "post"};
      (void)release();  // refused above the mark: the timer tries again
    });
  }
  release_later_ = schedule(std::chrono::microseconds{ledger_.random.below(5'000)}, [this] {
    const Upcall upcall{*this, "timer"};
    // A send may have come back meanwhile, so that this is above the mark: then handle_writable tries again.
    const bool above = queued() > ledger_.plan.stream.high_water;
    if (!release() && !above) close_noted(false);
  });
  return {};
}

strata::Result<> Model_Echo::release() {
  if (held_.empty()) return {};
  const Result<> done = put(held_);
  if (done) life_.put += std::exchange(held_, {}).size();
  return done;
}

strata::Result<> Model_Echo::handle_end() {
  const Upcall upcall{*this, "handle_end"};
  if (const Result<> done = release(); !done) return done;
  if (ledger_.random.chance(0.3)) {
    if (const Result<> done = shutdown_send(); !done) return done;
  }
  return Svc_Handler::handle_end();
}

strata::Result<> Model_Echo::handle_writable() {
  const Upcall upcall{*this, "handle_writable"};
  return release();
}

void Model_Echo::handle_drain() {
  (void)release();
  close_when_idle();
}

void Model_Echo::handle_close(std::error_code reason) noexcept {
  if (in_hook_) ledger_.complain("handle_close inside a hook");
  if (++life_.closes > 1) ledger_.complain("handle_close came twice");
  life_.reason = reason;
  std::erase(ledger_.open, this);
  ledger_.gone.push_back(ref());
  const Duration quiet = Clock::now() - life_.last_input;
  if (service().concurrent() && ledger_.plan.faults.call_cost != Duration::zero()) return;  // others take time, too
  if (reason == strata::errc::idle_timeout && quiet < ledger_.plan.stream.idle_timeout) {
    ledger_.complain("idle_timeout " + std::to_string(quiet.count()) + " ns after input");
  }
}

/// A timer never fires before it is due; in a world where nothing is ever late, less than a tick after.
void Model_Echo::arm_tick() {
  const Duration after = std::chrono::microseconds{ledger_.random.below(20'000)};
  const Time_Point due = Clock::now() + after;
  tick_ = schedule(after, [this, due] {
    const Upcall upcall{*this, "tick"};
    const Duration late = Clock::now() - due;
    const strata::sim::Faults& faults = ledger_.plan.faults;
    const bool exact = faults.late_wake == 0 && faults.call_cost == Duration::zero();
    if (late < Duration::zero()) ledger_.complain("a timer fired " + std::to_string(-late.count()) + " ns early");
    if (exact && late >= 1ms) ledger_.complain("a timer fired " + std::to_string(late.count()) + " ns late");
    if (++ticks_ < 5) arm_tick();
  });
}

void Model_Echo::pause_input() {
  suspend();
  resume_later_ = schedule(std::chrono::microseconds{ledger_.random.below(10'000)}, [this] {
    const Upcall upcall{*this, "resume"};
    resume();
  });
}

/// Acts on another connection from within this one's hook.
void Model_Echo::meddle() {
  Model_Echo& other = *ledger_.open[ledger_.random.below(ledger_.open.size())];
  if (&other == this || other.life_.asked_to_close) return;
  const std::uint64_t way = ledger_.random.below(ledger_.plan.calm ? 3 : 5);
  if (!service().concurrent()) return other.suffer(way);
  (void)other.home().post(other.ref(), [&other, way] {  // which is dropped if the other has gone by then
    const Upcall upcall{other, "another's post"};
    other.suffer(way);
  });
}

void Model_Echo::suffer(std::uint64_t way) {
  if (way < 2) {
    (void)release();
  } else if (way == 2) {
    pause_input();
  } else {
    close_noted(way == 4);
  }
}

/// Whoever has a closed handler's slot now, what was meant for the old one must not reach it.
void Model_Echo::haunt() {
  if (ledger_.gone.empty()) return;
  const strata::Handler_Ref stale = ledger_.gone[ledger_.random.below(ledger_.gone.size())];
  if (stale.reactor() != &home()) return;  // another thread's: it is dropped there
  if (home().post(stale, [] {}).has_value()) ledger_.complain("a post to a closed handler was taken");
  if (home().find(stale) != nullptr) ledger_.complain("a closed handler was found");
}

strata::Result<> Model_Echo::misbehave() {
  switch (ledger_.random.below(4)) {
    case 0:
      close_noted(false);
      return {};
    case 1:
      close_noted(true);
      return {};
    case 2:
      throw std::runtime_error{"a handler that throws"};
    default:
      return strata::fail(strata::errc::canceled);
  }
}

void Model_Echo::close_noted(bool abortive) {
  if (life_.asked_to_close) return;
  life_.asked_to_close = true;
  if (abortive) {
    abort(strata::errc::canceled);
  } else {
    close(strata::errc::canceled);
  }
}

}  // namespace strata_test
