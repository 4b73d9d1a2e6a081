// SPDX-License-Identifier: Apache-2.0
// What hooks, callbacks of the strand and outside threads of a Pool_World do.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include <strata/os/Socket.h>

#include "Pool_Member.h"
#include "Pool_World.h"

namespace strata_test {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::Event_Mask;
using strata::Handler_Ref;
using strata::Result;
using strata::Suspension;

namespace {

Event_Mask any_mask(strata::sim::Random& random) { return static_cast<Event_Mask>(random.below(4)); }
Suspension any_suspension(strata::sim::Random& random) { return static_cast<Suspension>(1U << random.below(3)); }
strata::Duration any_delay(strata::sim::Random& random) {
  return random.below(4) == 0 ? -1ms : std::chrono::microseconds{random.below(2'000)};
}
std::error_code any_reason(strata::sim::Random& random) {
  constexpr std::array all{strata::errc::canceled, strata::errc::shed, strata::errc::overflow};
  return all[random.below(all.size())];
}

}  // namespace

// --- Outside threads ---

void Pool_World::outside(std::size_t producer) {
  Random random{seed_ * 31 + producer};
  std::unordered_map<Life*, std::uint64_t> sent;
  while (take_turn()) {
    const std::uint64_t what = random.below(8);
    if (what < 4) {
      peer_acts(random);
    } else if (what < 7) {
      const Target to = target(random);
      if (to.ref) post_to(to, producer, sent[to.life]);
    } else {
      post_to_lane(producer, lane_posts_[producer]);
    }
    if (random.below(4) == 0) std::this_thread::yield();
  }
}

/// Writes, sends its FIN, or goes.
void Pool_World::peer_acts(Random& random) {
  Place& place = places_[random.below(places)];
  const std::lock_guard held{place.mutex};
  if (!place.peer) return;
  switch (random.below(16)) {
    case 0:
      return (void)os::shutdown(place.peer.get(), os::Shutdown::send);
    case 1:
      return place.peer.reset();
    default:
      break;
  }
  std::array<std::byte, 300> text;
  const std::size_t size = 1 + random.below(text.size());
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<std::byte>(place.next + i);
  const std::size_t taken = os::send(place.peer.get(), {text.data(), size}).value_or(0);
  place.next = static_cast<std::uint8_t>(place.next + taken);
  place.written += taken;
}

// --- Posts ---

void Pool_World::post_to(const Target& to, std::size_t producer, std::uint64_t& sent) {
  const Result<> done =
      reactor_->post(to.ref, [this, life = to.life, producer, number = sent] { ran(*life, producer, number); });
  if (done) {
    ++sent;
  } else if (done.error() != std::errc::no_buffer_space) {
    done_or_stale(done, "post");
  }
}

void Pool_World::post_to_lane(std::size_t producer, std::uint64_t& sent) {
  const Result<> done = reactor_->post([this, producer, number = sent] { ran_in_lane(producer, number); });
  if (done) {
    ++sent;
  } else {
    check(done.error() == std::errc::no_buffer_space, "a post to the strand was refused");
  }
}

// --- Hooks ---

Result<> Pool_World::behave(Life& me) {
  if (!take_turn()) return {};
  Random& random = me.random;
  switch (random.below(8)) {
    case 0:
    case 1:
      return act_on_itself(me), Result<>{};
    case 2:
    case 3: {
      const Target other = target(random);
      if (other.ref && other.life != &me) act_on(other, random);
      return {};
    }
    case 4:
      return touch_own_timer(me), Result<>{};
    case 5:
      return visit(random), Result<>{};
    case 6:
      return end_oddly(me);
    default:
      return {};
  }
}

Result<> Pool_World::end_oddly(Life& me) {
  switch (me.random.below(8)) {
    case 0:
      me.closing = true;
      ++throws_;
      throw std::runtime_error{"as planned"};
    case 1:
      me.closing = true;
      return strata::fail(strata::errc::write_timeout);
    case 2:
      return expect_refused_run(), Result<>{};
    default:
      return strata::fail(std::errc::operation_would_block);
  }
}

void Pool_World::act_on_itself(Life& me) {
  const Handler_Ref self = ref_of(me);
  if (self.token() == 0) return;
  Random& random = me.random;
  switch (random.below(8)) {
    case 0: {
      const Result<> done = reactor_->close(self, any_reason(random));
      if (done) me.closing = true;
      return done_or_stale(done, "close");
    }
    case 1:
      return done_or_stale(reactor_->suspend(self, any_suspension(random)), "suspend");
    case 2:
      return done_or_stale(reactor_->resume(self, any_suspension(random)), "resume");
    case 3:
      return done_or_stale(reactor_->set_interest(self, any_mask(random)), "set_interest");
    case 4:
      return done_or_stale(reactor_->flush_later(self), "flush_later");
    case 5: {  // posts of one hook after the other are in order, whichever threads run them
      post_to({self, &me}, itself, me.sent_to_itself);
      return post_to({self, &me}, itself, me.sent_to_itself);
    }
    case 6:
      return check(me.common ? reactor_->on_strand() : reactor_->at_home(self), "a hook that is not at home");
    default:
      return post_to_lane_from_hook();
  }
}

/// Whose upcall may run meanwhile, or be about to.
void Pool_World::act_on(const Target& other, Random& random) {
  const Handler_Ref ref = other.ref;
  switch (random.below(9)) {
    case 0:
      return done_or_stale(reactor_->close(ref, any_reason(random)), "close");
    case 1:
      return done_or_stale(reactor_->suspend(ref, any_suspension(random)), "suspend");
    case 2:
    case 3:
      for (const Suspension reason : {Suspension::user, Suspension::high_water, Suspension::rate}) {
        done_or_stale(reactor_->resume(ref, reason), "resume");
      }
      return done_or_stale(reactor_->set_interest(ref, Event_Mask::input), "set_interest");
    case 4:
      return done_or_stale(reactor_->set_interest(ref, any_mask(random)), "set_interest");
    case 5:
      return done_or_stale(reactor_->flush_later(ref), "flush_later");
    case 6: {
      const auto hook = [](strata::Event_Handler& handler, void*) -> Result<> {
        auto& self = static_cast<Member&>(handler);
        const Inside inside{self.world(), self.life()};
        return {};
      };
      return done_or_stale(reactor_->invoke(ref, hook), "invoke");
    }
    case 7: {
      const Result<> done = reactor_->post(ref, [] {});
      if (done || done.error() != std::errc::no_buffer_space) done_or_stale(done, "post");
      return;
    }
    default:
      return touch_stray(other, random);
  }
}

void Pool_World::touch_own_timer(Life& me) {
  const Handler_Ref self = ref_of(me);
  Random& random = me.random;
  std::erase_if(me.timers, [](const strata::Timer& timer) { return !timer.active(); });
  if (self.token() == 0 || me.closing) return;
  if (me.timers.size() < 4 && random.below(2) == 0) {
    const strata::Duration interval = random.below(3) == 0 ? 1ms : 0ms;
    strata::Timer timer = reactor_->schedule(self, any_delay(random), interval);
    if (timer.active()) me.timers.push_back(std::move(timer));  // else somebody has closed it
  } else if (!me.timers.empty()) {
    strata::Timer& timer = me.timers[random.below(me.timers.size())];
    if (random.below(2) == 0) {
      (void)timer.reset(any_delay(random));
    } else {
      timer.cancel();
    }
  }
}

/// A timer of another; it may be due, or run, while it is set anew or ends.
void Pool_World::touch_stray(const Target& other, Random& random) {
  strata::Timer timer = reactor_->schedule(other.ref, any_delay(random), [] {}, random.below(2) == 0 ? 1ms : 0ms);
  strata::Timer former;  // its captures die when nothing is held
  const std::lock_guard held{book_};
  if (strays_.size() < 8) return strays_.push_back(std::move(timer));
  strata::Timer& stray = strays_[random.below(strays_.size())];
  if (random.below(2) == 0) (void)stray.reset(any_delay(random));
  former = std::exchange(stray, std::move(timer));
}

void Pool_World::expect_refused_run() {
  const Result<> nested = reactor_->run_one();
  check(!nested && nested.error() == std::errc::resource_deadlock_would_occur, "a run inside an upcall");
}

// --- The strand ---

void Pool_World::post_to_lane_from_hook() {
  const Result<> done = reactor_->post([this] {
    const In_Lane in_lane{*this};
    act_in_lane();
  });
  check(done || done.error() == std::errc::no_buffer_space, "a post to the strand was refused");
}

void Pool_World::act_in_lane() {
  if (!take_turn()) return;
  Random& random = lane_.random;
  switch (random.below(6)) {
    case 0:
      return watch_or_let_go(random.below(watched_places));
    case 1:
      return touch_lane_timer();
    case 2:
      post_to_lane(itself, lane_.sent_to_itself);
      return post_to_lane(itself, lane_.sent_to_itself);
    case 3:
      return visit(random);
    case 4:
      return expect_refused_run();
    default:
      if (const Target other = target(random); other.ref) act_on(other, random);
  }
}

/// A borrowed handler: registers it, for the first time or anew; or destroys its Registration, after which no upcall
/// comes, not even handle_close.
void Pool_World::watch_or_let_go(std::size_t which) {
  std::unique_ptr<Member>& member = lane_.watched[which];
  strata::Registration& registration = lane_.registrations[which];
  const std::size_t place = places - watched_places + which;
  const std::lock_guard held{places_[place].mutex};
  if (member && !member->life().closed) {
    registration.reset();
    member->life().timers.clear();
    member->life().closed = true;
    places_[place].ref = {};
    return;
  }
  registration.reset();
  if (!member || member->life().ended || lane_.random.below(4) == 0) {
    member.reset();
    member = make_member(place, true);
    if (!member) return;
    member->borrowed = true;
  } else {
    member->live_again(new_life(place, true, member->life().heard));
  }
  auto watched = reactor_->watch(*member, Event_Mask::input);
  if (!watched) return complain("watch: " + watched.error().message());
  registration = std::move(*watched);
  member->life().token.store(registration.ref().token(), std::memory_order_relaxed);
  places_[place].ref = registration.ref();
  places_[place].life = &member->life();
}

void Pool_World::touch_lane_timer() {
  Random& random = lane_.random;
  std::erase_if(lane_.timers, [](const strata::Timer& timer) { return !timer.active(); });
  if (lane_.timers.size() < 4) {
    const strata::Duration interval = random.below(2) == 0 ? 1ms : 0ms;
    lane_.timers.push_back(reactor_->schedule(any_delay(random), [this] {
      const In_Lane in_lane{*this};
      act_in_lane();
    }, interval));
    return;
  }
  strata::Timer& timer = lane_.timers[random.below(lane_.timers.size())];
  if (random.below(2) == 0) {
    (void)timer.reset(any_delay(random));
  } else {
    timer.cancel();
  }
}

}  // namespace strata_test
