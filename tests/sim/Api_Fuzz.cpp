// SPDX-License-Identifier: Apache-2.0
// What is done from outside, and what must have come of it after each turn; Api_Fuzz_Upcalls.cpp has the hooks.
#include "Api_Fuzz.h"

#include <algorithm>
#include <utility>

#include <strata/os/Clock.h>
#include <strata/os/Socket.h>
#include <strata/timers/Timer_Queue.h>

#include "Fuzz_Guest.h"

namespace strata_test {

using namespace std::chrono_literals;
using strata::Duration;
using strata::Event_Mask;
using strata::Handler_Ref;
using strata::Result;
using strata::Suspension;
using strata::sim::Random;

namespace {

constexpr std::ptrdiff_t most_guests = 12;

Event_Mask any_mask(Random& random) { return static_cast<Event_Mask>(random.below(4)); }

template <class T>
bool refused(const Result<T>& outcome, std::errc why) {
  return !outcome && outcome.error() == why;
}

}  // namespace

Api_Fuzz::Api_Fuzz(std::uint64_t seed, const strata::Reactor_Options& options, Advance advance)
    : random_{seed}, advance_{std::move(advance)}, reactor_{*strata::Reactor::open(options)} {}

Api_Fuzz::~Api_Fuzz() {
  for (auto& [name, guest] : guests_) guest->registration.reset();
  timers_.clear();
}

void Api_Fuzz::complain(const std::string& what) {
  if (complaint_.empty()) complaint_ = "turn " + std::to_string(turns_) + ": " + what;
}

std::string Api_Fuzz::diaries() const {
  std::string all;
  for (const auto& [name, guest] : guests_) all += name + ": " + guest->diary + '\n';
  return all;
}

void Api_Fuzz::run(std::size_t operations) {
  for (std::size_t i = 0; i < operations && complaint_.empty(); ++i) {
    act();
    if (random_.chance(0.3)) turn();
  }
  if (complaint_.empty()) close_all();
}

/// At the end: nobody is left, and nothing of anybody.
void Api_Fuzz::close_all() {
  timers_.clear();
  while (Fuzz_Guest* const guest = complaint_.empty() ? pick() : nullptr) {
    close(*guest, strata::errc::stopping);
    turn();  // where an heir may come
  }
  expect(reactor_->size() == 0, "a handler is left");
  expect(reactor_->timers().size() == 0, "a timer is left");
}

Fuzz_Guest* Api_Fuzz::pick() {
  std::vector<Fuzz_Guest*> open;
  for (auto& [name, guest] : guests_) {
    if (guest->open()) open.push_back(guest.get());
  }
  return open.empty() ? nullptr : open[random_.below(open.size())];
}

void Api_Fuzz::act() {
  const std::uint64_t way = random_.below(20);
  Fuzz_Guest* const guest = pick();
  if (guest == nullptr || way == 0) return admit();
  if (way == 1) return touch_stale();
  if (way == 2) return post(nullptr);
  if (way == 3) {
    const Duration extreme[] = {Duration::min(), -1ns, 0ns, Duration::max()};
    const Duration usual = std::chrono::microseconds{random_.below(9'000)};
    const Duration after = random_.chance(0.2) ? extreme[random_.below(4)] : usual;
    const Duration interval = std::chrono::microseconds{random_.chance(0.3) ? random_.between(1, 5'000) : 0};
    return arm(random_.chance(0.5) ? guest : nullptr, after, interval, Random{random_.next()});
  }
  if (way == 4) return touch_timer();
  if (way == 5) return advance_(std::chrono::microseconds{random_.below(4'000)});
  if (way < 11) return peer_acts(*guest);
  act_on(*guest);
}

void Api_Fuzz::act_on(Fuzz_Guest& guest) {
  switch (random_.below(8)) {
    case 0:
      return close(guest, make_error_code(strata::errc::canceled));
    case 1:
      return flush_later(guest);
    case 2:
      return post(&guest);
    case 3:
      return set_interest(guest, any_mask(random_));
    case 4:
      return refuse_second(guest);
    case 5:
      if (guest.borrowed == nullptr) return;
      guest.registration.reset();  // without handle_close
      stale_.push_back(guest.ref);
      guest.stage = Fuzz_Guest::Stage::closed;
      guest.borrowed.reset();
      std::erase_if(timers_, [&](const auto& timer) { return timer.second.guest == &guest; });
      return;
    default:
      return suspend_or_resume(guest, random_, true);
  }
}

void Api_Fuzz::admit() {
  const auto open = std::ranges::count_if(guests_, [](const auto& each) { return each.second->open(); });
  if (open >= most_guests) return;
  auto pair = strata::os::socket_pair();
  if (!pair) return complain("socket_pair: " + pair.error().message());
  const std::string name = std::to_string(1'000'000 + named_++);
  Fuzz_Guest& guest = *guests_.emplace(name, std::make_unique<Fuzz_Guest>(name, random_.next())).first->second;
  guest.peer = std::move(pair->second);
  guest.interest = any_mask(random_);
  register_guest(guest, std::make_unique<Fuzz_Handler>(*this, guest, std::move(pair->first)));
}

void Api_Fuzz::register_guest(Fuzz_Guest& guest, std::unique_ptr<Fuzz_Handler> handler) {
  guest.number = handler->handle();
  if (!in_turn_ && random_.chance(0.2)) {
    guest.borrowed = std::move(handler);
    auto registered = reactor_->watch(*guest.borrowed, guest.interest);
    if (!registered) return complain("watch: " + registered.error().message());
    guest.registration = std::move(*registered);
    guest.ref = guest.registration.ref();
    return;
  }
  const auto kind = guest.random.chance(0.5) ? strata::Descriptor::exclusive : strata::Descriptor::shared;
  const Result<Handler_Ref> ref = reactor_->adopt(std::move(handler), guest.interest, {kind, 0});
  if (!ref) return complain("adopt: " + ref.error().message());
  guest.ref = *ref;
}

/// A descriptor has one handler: a second, however it is given, is refused, and the first goes on.
void Api_Fuzz::refuse_second(Fuzz_Guest& guest) {
  class Second final : public strata::Event_Handler {
   public:
    explicit Second(strata::os::Handle of) : handle_{of} {}
    strata::os::Handle handle() const noexcept override { return handle_; }

   private:
    strata::os::Handle handle_;
  };
  Second second{guest.number};
  expect(refused(reactor_->watch(second, Event_Mask::both), std::errc::file_exists), "a second watch was taken");
  expect(refused(reactor_->adopt(std::make_unique<Second>(guest.number), Event_Mask::both), std::errc::file_exists),
         "a second handler was taken");
}

void Api_Fuzz::touch_stale() {
  if (stale_.empty()) return;
  constexpr std::errc gone = std::errc::identifier_removed;
  const Handler_Ref ref = stale_[random_.below(stale_.size())];
  expect(reactor_->find(ref) == nullptr, "a stale reference finds a handler");
  expect(refused(reactor_->set_interest(ref, Event_Mask::both), gone), "a stale set_interest was taken");
  expect(refused(reactor_->suspend(ref), gone), "a stale suspend was taken");
  expect(refused(reactor_->resume(ref), gone), "a stale resume was taken");
  expect(refused(reactor_->flush_later(ref), gone), "a stale flush_later was taken");
  expect(refused(reactor_->close(ref, {}), gone), "a stale close was taken");
  expect(!reactor_->schedule(ref, 1ms).active(), "a stale handler got a timer");
}

void Api_Fuzz::peer_acts(Fuzz_Guest& guest) {
  if (!guest.peer) return;
  const std::uint64_t way = random_.below(8);
  if (way == 0) {
    guest.peer.reset();
    guest.peer_closed = guest.peer_shut = true;
  } else if (way == 1) {
    (void)strata::os::shutdown(guest.peer.get(), strata::os::Shutdown::send);
    guest.peer_shut = true;
  } else if (!guest.peer_shut) {
    const std::byte bytes[4]{};
    const auto sent = strata::os::send(guest.peer.get(), std::span{bytes}.first(random_.between(1, 4)));
    guest.unread += sent.value_or(0);
  }
}

void Api_Fuzz::turn() {
  ++turns_;
  if (random_.chance(0.5)) advance_(std::chrono::microseconds{random_.below(3'000)});
  for (auto& [name, guest] : guests_) {
    guest->must_read = guest->wants(Event_Mask::input) && guest->readable();
    guest->must_write = guest->wants(Event_Mask::output);
    guest->must_flush = std::exchange(guest->flush_next, false) && guest->open();
  }
  posts_ = std::exchange(next_posts_, {});
  serial_at_turn_ = serial_;
  phase_ = Phase::posts;
  in_turn_ = true;
  if (const Result<> done = reactor_->poll(); !done) complain("poll: " + done.error().message());
  in_turn_ = false;
  expect_all_done();
}

void Api_Fuzz::expect_all_done() {
  for (auto& [name, guest] : guests_) {
    const auto missed = [&](const char* what) { complain(guest->name + " missed " + what + "; " + guest->diary); };
    if (guest->stage == Fuzz_Guest::Stage::closing) missed("handle_close");
    if (!guest->open()) continue;
    if (guest->must_read && guest->wants(Event_Mask::input)) missed("handle_input");
    if (guest->must_write && guest->wants(Event_Mask::output)) missed("handle_output");
    if (guest->must_flush) missed("its flush");
  }
  for (const Post_Model& post : posts_) {
    if (post.guest == nullptr || post.guest->open()) complain("a post did not run");
  }
  const auto tick = std::chrono::floor<std::chrono::milliseconds>(strata::Clock::now());
  for (const auto& [id, timer] : timers_) {
    if (timer.due <= tick && timer.order < serial_at_turn_) complain("a timer did not fire");
  }
}

}  // namespace strata_test
