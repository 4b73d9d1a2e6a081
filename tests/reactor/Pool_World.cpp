// SPDX-License-Identifier: Apache-2.0
// Handlers of a world with real threads, and what their hooks promise. Pool_World_Acts.cpp has what they do.
#include "Pool_World.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>

#include "Pool_Member.h"

namespace strata_test {

namespace os = strata::os;
using strata::Event_Mask;
using strata::Handler_Ref;
using strata::Result;

Pool_World::Inside::Inside(Pool_World& world, Life& life, bool last) : life_(life) {
  world.check(!life.inside.exchange(true, std::memory_order_relaxed), "two upcalls of one handler at once");
  world.check(!life.closed, last ? "a second handle_close" : "an upcall after handle_close");
  world.check(last || !life.closing, "an upcall after its own hook has closed it");
}
Pool_World::Inside::~Inside() { life_.inside.store(false, std::memory_order_relaxed); }

Pool_World::In_Lane::In_Lane(Pool_World& world) : lane_(world.lane_) {
  world.check(!lane_.inside.exchange(true, std::memory_order_relaxed), "two upcalls of the strand at once");
  world.check(world.reactor_->on_strand(), "an upcall of the strand that is not at home in it");
}
Pool_World::In_Lane::~In_Lane() { lane_.inside.store(false, std::memory_order_relaxed); }

Pool_World::Lane::Lane(std::uint64_t seed) : random(seed) {}
Pool_World::Lane::~Lane() = default;

Pool_World::Pool_World(std::string_view mechanism, strata::Dispatch dispatch, std::uint64_t seed)
    : dispatch_(dispatch), seed_(seed), lane_(seed ^ 0x1a9e) {
  strata::Log_System::process().set_level("", strata::Log_Level::off);
  if (Interruptions::wanted()) interruptions_.emplace();
  strata::Reactor_Options options;
  options.demultiplexer = mechanism;
  options.timers = seed % 2 == 0 ? strata::Timer_Kind::wheel : strata::Timer_Kind::heap;
  options.post_capacity = seed % 3 == 0 ? 64 : 4096;
  options.dispatch = dispatch;
  options.threads = dispatch == strata::Dispatch::single ? 1 : static_cast<unsigned>(2 + seed % 3);
  auto opened = Reactor::open(options);
  check(opened.has_value(), "no reactor");
  if (opened) reactor_ = std::move(*opened);
}

Pool_World::~Pool_World() = default;

void Pool_World::complain(std::string_view what) {
  const std::lock_guard held{book_};
  if (complaint_.empty()) complaint_ = what;
}

std::string Pool_World::complaint() {
  const std::lock_guard held{book_};
  return complaint_;
}

void Pool_World::done_or_stale(const Result<>& result, std::string_view what) {
  if (!result && result.error() != std::errc::identifier_removed) {
    complain(std::string{what} + ": " + result.error().message());
  }
}

Pool_World::Life& Pool_World::new_life(std::size_t place, bool common, Heard before) {
  const std::lock_guard held{book_};
  return lives_.emplace_back(place, common, seed_ * 1'000'003 + lives_.size(), before);
}

Pool_World::Target Pool_World::target(Random& random) {
  Place& place = places_[random.below(places)];
  const std::lock_guard held{place.mutex};
  return {place.ref, place.life};
}

// --- A run ---

void Pool_World::run(std::uint64_t operations) {
  limit_ = operations;
  Random random{seed_};
  for (std::size_t i = 0; i < places - watched_places; ++i) settle(i, make_member(i, i % 4 == 0), random);
  for (std::size_t i = 0; i < watched_places; ++i) watch_or_let_go(i);
  Result<> ran;
  {
    const os::Thread runner = std::move(*os::spawn("runs", [&] { ran = reactor_->run(); }));
    {
      std::vector<os::Thread> threads;
      for (std::size_t i = 0; i < outsiders; ++i) {
        threads.push_back(std::move(*os::spawn("outside", [this, i] { outside(i); })));
      }
    }
    while (!reactor_->post([this] { finish(); })) std::this_thread::yield();
    expect_all_closed();
    reactor_->stop();
  }
  check(ran.has_value(), "the run failed");
  check(reactor_->size() == 0, "a closed handler is still registered");
  check(!reactor_->post([] {}).has_value(), "a stopped reactor has taken a post");
  check(reactor_->metrics().exceptions.value() == throws_, "another number of exceptions than were thrown");
  for (std::size_t i = 0; i < outsiders; ++i) check(lane_.next[i] == lane_posts_[i], "a post was lost");
  check(lane_.next[itself] == lane_.sent_to_itself, "a post of the strand to itself was lost");
  strays_.clear();
  reactor_.reset();
  lane_.watched = {};
  check(freed_ == adopted_, "a handler was not freed");
  check(std::ranges::all_of(lives_, &Life::closed), "a handler without handle_close");
  for (Place& place : places_) place.peer.reset();
}

void Pool_World::expect_all_closed() {
  const auto clock = os::native_operations().monotonic_ns;
  const std::int64_t limit = clock() + 30'000'000'000;
  while (closes_ != adopted_ && clock() < limit) std::this_thread::yield();
  check(closes_ == adopted_, "a handler that was closed got no handle_close");
}

/// On the strand: from here on nobody is born.
void Pool_World::finish() {
  const In_Lane in_lane{*this};
  ending_ = true;
  lane_.timers.clear();
  for (std::size_t i = 0; i < watched_places; ++i) {
    lane_.registrations[i].reset();
    if (!lane_.watched[i]) continue;
    lane_.watched[i]->life().closed = true;
    lane_.watched[i]->life().timers.clear();
  }
  for (Place& place : places_) {
    const std::lock_guard held{place.mutex};
    if (place.ref) done_or_stale(reactor_->close(place.ref, strata::errc::stopping), "close");
  }
}

// --- Handlers come and go ---

/// With a new peer. The caller holds the place.
std::unique_ptr<Pool_World::Member> Pool_World::make_member(std::size_t place, bool common) {
  auto pair = os::socket_pair();
  check(pair.has_value(), "no socket pair");
  if (!pair) return nullptr;
  if (place != nowhere) {
    Place& at = places_[place];
    at.peer = std::move(pair->second);
    at.written = 0;
    at.next = 0;
  }
  return std::make_unique<Member>(*this, new_life(place, common), std::move(pair->first));
}

/// Registers it; the caller holds its place, but for the first upcall of one that was adopted `held`.
void Pool_World::settle(std::size_t place, std::unique_ptr<Member> member, Random& random) {
  if (!member) return;
  Life& life = member->life();
  strata::Adopt_Options options;
  options.strand = life.common ? strata::Strand_Of::reactor : strata::Strand_Of::handler;
  if (random.below(4) == 0) options.descriptor = strata::Descriptor::exclusive;
  ++adopted_;
  const Result<Handler_Ref> ref = reactor_->adopt(std::move(member), Event_Mask::input, options);
  if (!ref) {
    ++closes_;  // there will be none
    return complain("adopt: " + ref.error().message());
  }
  life.token.store(ref->token(), std::memory_order_relaxed);
  if (place == nowhere) return;
  places_[place].ref = *ref;
  places_[place].life = &life;
}

/// One whose peer has gone already: input, its end, handle_close.
void Pool_World::visit(Random& random) {
  if (visitors_ >= 16) return;
  ++visitors_;
  auto pair = os::socket_pair();
  if (!pair) return complain("no socket pair");
  auto member = std::make_unique<Member>(*this, new_life(nowhere, false), std::move(pair->first));
  if (random.below(2) == 0) return settle(nowhere, std::move(member), random);
  Life& life = member->life();
  ++adopted_;
  const auto ref = reactor_->adopt(std::move(member), Event_Mask::input, {.held = true});
  if (!ref) return complain("adopt: " + ref.error().message());
  life.token.store(ref->token(), std::memory_order_relaxed);
  const auto hook = [](strata::Event_Handler& handler, void*) -> Result<> {
    auto& self = static_cast<Member&>(handler);
    const Inside inside{self.world(), self.life()};
    return {};
  };
  done_or_stale(reactor_->begin(*ref, hook), "begin");
}

/// In its handle_close: another takes the place, with the same descriptor or a new one.
void Pool_World::renew(Life& former, Member& dying) {
  Place& at = places_[former.place];
  const std::lock_guard held{at.mutex};
  at.ref = {};
  if (ending_) return;
  if (former.ended || former.random.below(3) == 0) {
    return settle(former.place, make_member(former.place, former.random.below(4) == 0), former.random);
  }
  Life& next = new_life(former.place, former.common, former.heard);
  settle(former.place, std::make_unique<Member>(*this, next, dying.give_handle()), former.random);
}

// --- Hooks ---

Result<> Pool_World::input(Life& life, os::Handle handle) {
  std::array<std::byte, 256> room;
  const auto size = os::receive(handle, {room.data(), 1 + life.random.below(room.size())});
  if (!size && size.error() == std::errc::operation_would_block) {  // in a pool, another upcall may have read it
    check(reactor_->pooled(), "an input that would block");
    return strata::fail(size.error());
  }
  if (!size) return strata::fail(size.error());
  if (*size == 0) {
    life.ended = true;
    if (life.place != nowhere) {
      const std::lock_guard held{places_[life.place].mutex};
      check(life.heard.bytes == places_[life.place].written, "an end before all bytes");
    }
    return strata::fail(strata::errc::end_of_stream);
  }
  for (std::size_t i = 0; i < *size; ++i) {
    check(room[i] == static_cast<std::byte>(life.heard.next++), "bytes in another order than sent");
  }
  life.heard.bytes += *size;
  return behave(life);
}

Result<> Pool_World::output(Life& life) {
  const Handler_Ref self = ref_of(life);
  if (self.token() != 0 && life.random.below(2) == 0) {
    done_or_stale(reactor_->set_interest(self, Event_Mask::input), "set_interest");
  }
  return behave(life);
}

Result<> Pool_World::timeout(Life& life, strata::Timer_Id id) {
  const auto is_it = [id](const strata::Timer& timer) { return timer.id() == id; };
  check(std::ranges::any_of(life.timers, is_it), "a timer fired that is not set");
  return behave(life);
}

void Pool_World::closed(Life& life, Member& member) {
  life.closed = true;
  const Handler_Ref self = ref_of(life);
  if (self.token() != 0) {
    check(!reactor_->close(self, strata::errc::canceled), "a closed handler was closed again");
    check(!reactor_->flush_later(self), "a closed handler may flush");
  }
  life.timers.clear();
  if (life.place == nowhere) {
    --visitors_;
  } else if (!member.borrowed) {
    renew(life, member);
  }
  if (!member.borrowed) ++closes_;  // last: whoever awaits it goes on
}

void Pool_World::ran(Life& life, std::size_t producer, std::uint64_t number) {
  check(life.next[producer]++ == number, "posts to a handler in another order than their producer's");
}

void Pool_World::ran_in_lane(std::size_t producer, std::uint64_t number) {
  const In_Lane in_lane{*this};
  check(lane_.next[producer]++ == number, "posts to the strand in another order than their producer's");
  act_in_lane();
}

}  // namespace strata_test
