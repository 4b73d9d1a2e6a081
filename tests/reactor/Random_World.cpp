// SPDX-License-Identifier: Apache-2.0
#include "Random_World.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <strata/logging/Log_System.h>

namespace strata_test {

namespace os = strata::os;
using namespace std::chrono_literals;
using Mask = Random_Model::Mask;
using strata::Result;

class Random_Handler final : public strata::Event_Handler {
 public:
  Random_Handler(Random_World& world, Random_World::Guest& guest) : world_(world), guest_(guest) { ++guest_.alive; }
  ~Random_Handler() override {
    --guest_.alive;
    guest_.heard += '~';
  }
  os::Handle handle() const noexcept override { return guest_.handle.get(); }
  Result<> handle_input() override { return world_.input(guest_); }
  Result<> handle_output() override { return world_.output(guest_); }
  Result<> handle_timeout(strata::Timer_Id id) override { return world_.timeout(guest_, id); }
  void handle_close(std::error_code reason) noexcept override { world_.closed(guest_, reason); }

 private:
  Random_World& world_;
  Random_World::Guest& guest_;
};

namespace {

constexpr std::size_t crowd = 12;
constexpr std::array reasons{strata::errc::canceled, strata::errc::shed, strata::errc::overflow};

std::error_code any_reason(strata::sim::Random& random) { return reasons[random.below(reasons.size())]; }
Mask any_mask(strata::sim::Random& random) { return static_cast<Mask>(random.below(4)); }

strata::Duration any_delay(strata::sim::Random& random) {
  return random.below(5) == 0 ? -1ms : std::chrono::microseconds{random.below(8'000)};
}

}  // namespace

Random_World::Random_World(Backend& backend, strata::Timer_Kind timers, Manner manner, std::uint64_t seed)
    : backend_(backend), manner_(manner), random_(seed) {
  strata::Log_System::process().set_level("", strata::Log_Level::off);
  strata::Reactor_Options options;
  options.demultiplexer = backend.demultiplexer();
  options.timers = timers;
  options.post_capacity = 1024;
  auto opened = strata::Reactor::open(options);
  check(opened.has_value(), "no reactor");
  if (opened) reactor_ = std::move(*opened);
}

Random_World::~Random_World() = default;

void Random_World::check(bool as_modelled, const char* what) {
  if (!as_modelled && model_.complaint.empty()) model_.complaint = what;
}

Random_World::Guest& Random_World::any_guest(Random& random) { return guests_[random.below(guests_.size())]; }

void Random_World::run(std::size_t operations) {
  for (int i = 0; i < 3; ++i) admit();
  for (std::size_t done = 0; done < operations && complaint().empty();) {
    for (std::uint64_t left = random_.below(6); left > 0; --left, ++done) act();
    turn();
    ++done;
  }
  check(reactor_->size() == model_.open_guests(), "another number of handlers than the model's");
  check(reactor_->metrics().exceptions.value() == exceptions_, "another number of exceptions than were thrown");
  finish();
}

void Random_World::finish() {
  ending_ = true;
  for (Guest& guest : guests_) {
    if (model_.open(guest.id)) close(guest, strata::errc::stopping);
    guest.timers.clear();
  }
  turn();
  check(reactor_->size() == 0, "a closed handler is still registered");
  reactor_.reset();
  for (const Guest& guest : guests_) check(guest.alive == 0, "a handler was not freed");
}

std::string Random_World::trace() const {
  std::string all;
  for (const Guest& guest : guests_) all += std::to_string(guest.id) + ' ' + guest.heard + '\n';
  return all;
}

void Random_World::turn() {
  backend_.advance(std::chrono::microseconds{random_.below(4'000)});
  model_.now = strata::Clock::now();
  model_.begin_turn();
  check(reactor_->poll().has_value(), "a turn failed");
  model_.end_turn();
  for (Guest& guest : guests_) {
    if (guest.borrowed && !model_.open(guest.id)) guest.registration.reset(), guest.borrowed.reset();
  }
}

void Random_World::act() {
  model_.now = strata::Clock::now();
  if (model_.open_guests() < crowd && random_.below(4) == 0) return admit();
  if (random_.below(8) == 0) return touch_stale();
  Guest& guest = any_guest(random_);
  if (random_.below(3) == 0) return peer_acts(guest);
  if (!model_.open(guest.id)) return post(nullptr, random_);
  act_on(guest, random_);
}

void Random_World::admit() {
  auto pair = os::socket_pair();
  check(pair.has_value(), "no socket pair");
  if (!pair) return;
  Guest& guest = guests_.emplace_back();
  guest.id = guests_.size() - 1;
  guest.random = Random{random_.next()};
  guest.handle = std::move(pair->first);
  guest.peer = std::move(pair->second);
  watch_or_adopt(guest, random_.below(3) == 0);
}

void Random_World::watch_or_adopt(Guest& guest, bool borrow) {
  const Mask wanted = any_mask(random_);
  auto handler = std::make_unique<Random_Handler>(*this, guest);
  guest.handler = handler.get();
  model_.born(wanted);
  if (borrow) {
    guest.borrowed = std::move(handler);
    auto watched = reactor_->watch(*guest.borrowed, wanted);
    check(watched.has_value(), "a watch was refused");
    if (watched) guest.registration = std::move(*watched);
    guest.ref = guest.registration.ref();
  } else {
    const auto adopted = reactor_->adopt(std::move(handler), wanted);
    check(adopted.has_value(), "an adoption was refused");
    if (adopted) guest.ref = *adopted;
  }
}

void Random_World::act_on(Guest& guest, Random& random) {
  switch (random.below(9)) {
    case 0: {
      const Mask wanted = any_mask(random);
      model_.want(guest.id, wanted);
      return check(reactor_->set_interest(guest.ref, wanted).has_value(), "set_interest failed");
    }
    case 1:
    case 2: {
      const auto reason = static_cast<strata::Suspension>(1U << random.below(3));
      model_.resume(guest.id, static_cast<unsigned>(reason));
      return check(reactor_->resume(guest.ref, reason).has_value(), "resume failed");
    }
    case 3:
      return narrow(guest, random);
    case 4:
      model_.flush(guest.id);
      return check(reactor_->flush_later(guest.ref).has_value(), "flush_later failed");
    case 5:
      return post(&guest, random);
    case 6:
      return schedule(guest, random);
    case 7:
      return touch_timer(guest, random);
    default:
      if (random.below(3) == 0) close(guest, any_reason(random));
  }
}

void Random_World::peer_acts(Guest& guest) {
  if (!model_.open(guest.id) || model_.hung_up(guest.id)) return;
  if (random_.below(8) == 0) {
    guest.peer.reset();
    model_.peer_left(guest.id);
  } else {
    check(os::send(guest.peer.get(), strata::as_bytes("x")).has_value(), "the peer could not send");
    model_.peer_sent(guest.id);
  }
}

void Random_World::touch_stale() {
  if (stale_.empty()) return;
  const strata::Handler_Ref ref = stale_[random_.below(stale_.size())];
  const auto refused = [&](const Result<>& done) {
    check(!done && done.error() == std::errc::identifier_removed, "a stale reference was taken");
  };
  refused(reactor_->close(ref, strata::errc::canceled));
  refused(reactor_->set_interest(ref, Mask::both));
  refused(reactor_->resume(ref));
  refused(reactor_->flush_later(ref));
  check(reactor_->find(ref) == nullptr, "a stale reference was found");
  check(!reactor_->schedule(ref, 1ms).active(), "a timer for a stale reference");
}

void Random_World::narrow(Guest& guest, Random& random) {
  if (random.below(2) == 0) {
    const auto reason = static_cast<strata::Suspension>(1U << random.below(3));
    model_.suspend(guest.id, static_cast<unsigned>(reason));
    return check(reactor_->suspend(guest.ref, reason).has_value(), "suspend failed");
  }
  const Mask wanted = model_.wanted(guest.id) & any_mask(random);
  model_.want(guest.id, wanted);
  check(reactor_->set_interest(guest.ref, wanted).has_value(), "set_interest failed");
}

void Random_World::close(Guest& guest, std::error_code reason) {
  model_.close(guest.id, reason);
  stale_.push_back(guest.ref);
  check(reactor_->close(guest.ref, reason).has_value(), "close failed");
}

void Random_World::post(Guest* guest, Random& random) {
  const Id id = model_.posted(guest == nullptr ? Random_Model::nobody : guest->id);
  const auto run = [this, id, guest, seed = random.next()] { ran(id, guest, seed); };
  const Result<> posted = guest == nullptr ? reactor_->post(run) : reactor_->post(guest->ref, run);
  check(posted.has_value(), "a post was refused");
}

void Random_World::schedule(Guest& guest, Random& random) {
  const strata::Duration after = any_delay(random);
  const strata::Duration interval = random.below(3) == 0 ? strata::Duration{1ms + 700us * random.below(5)} : 0ns;
  const Id id = model_.scheduled(guest.id, after, interval);
  guest.timers.emplace_back(id, reactor_->schedule(guest.ref, after, interval));
  check(guest.timers.back().second.active(), "a timer was not set");
}

void Random_World::touch_timer(Guest& guest, Random& random) {
  std::erase_if(guest.timers, [&](const auto& timer) { return !model_.pending(timer.first); });
  if (guest.timers.empty()) return;
  auto& [id, timer] = guest.timers[random.below(guest.timers.size())];
  check(timer.active(), "a timer that waits is not active");
  if (random.below(2) == 0) {
    const strata::Duration after = any_delay(random);
    check(timer.reset(after), "a timer was not reset");
    model_.reset(id, after);
  } else {
    timer.cancel();
    model_.cancelled(id);
  }
}

void Random_World::expect_refused() {
  const auto nested = reactor_->run_one();
  check(!nested && nested.error() == std::errc::resource_deadlock_would_occur, "a run inside an upcall");
}

/// What a hook does beside its work.
Result<> Random_World::behave(Guest& guest) {
  if (manner_ == Manner::wild) be_wild(guest);
  if (!model_.open(guest.id)) return {};
  switch (guest.random.below(16)) {
    case 0:
      narrow(guest, guest.random);
      break;
    case 1:
      close(guest, any_reason(guest.random));
      break;
    case 2:
      model_.close(guest.id, make_error_code(strata::errc::write_timeout));
      stale_.push_back(guest.ref);
      return strata::fail(strata::errc::write_timeout);
    case 3:
      if (guest.random.below(4) != 0) break;
      model_.close(guest.id, std::make_error_code(std::errc::state_not_recoverable));
      stale_.push_back(guest.ref);
      ++exceptions_;
      throw 1;
    case 4:
    case 5:
      post(&guest, guest.random);
      break;
    case 6:
      model_.flush(guest.id);
      check(reactor_->flush_later(guest.ref).has_value(), "flush_later failed");
      break;
    case 7:
    case 8:
      schedule(guest, guest.random);
      break;
    case 9:
    case 10:
      touch_timer(guest, guest.random);
      break;
    case 11:
      return strata::fail(std::errc::operation_would_block);
    case 12:
      expect_refused();
      break;
    default:
      break;
  }
  return {};
}

/// Acts on another, whose event may already be fetched.
void Random_World::be_wild(Guest& self) {
  Guest& other = any_guest(self.random);
  if (&other == &self || !model_.open(other.id)) return;
  switch (self.random.below(12)) {
    case 0:
      return close(other, any_reason(self.random));
    case 1:
      return narrow(other, self.random);
    case 2:
      return post(&other, self.random);
    case 3:
      return schedule(other, self.random);
    case 4:
      return touch_timer(other, self.random);
    case 5:
      if (!other.borrowed) return;
      other.registration.reset();
      model_.removed(other.id);
      return stale_.push_back(other.ref);
    default:
      return;
  }
}

Result<> Random_World::input(Guest& guest) {
  guest.heard += 'i';
  model_.input(guest.id);
  if (model_.unread(guest.id) == 0) {
    model_.close(guest.id, strata::errc::end_of_stream);
    stale_.push_back(guest.ref);
    std::byte byte{};
    const auto end = os::receive(guest.handle.get(), {&byte, 1});
    check(end.has_value() && *end == 0, "input without bytes or an end");
    return strata::fail(strata::errc::end_of_stream);
  }
  std::byte byte{};
  check(os::receive(guest.handle.get(), {&byte, 1}).value_or(0) == 1, "the byte sent was not there");
  model_.read(guest.id);
  return behave(guest);
}

Result<> Random_World::output(Guest& guest) {
  guest.heard += 'o';
  model_.output(guest.id);
  return behave(guest);
}

Result<> Random_World::timeout(Guest& guest, strata::Timer_Id id) {
  guest.heard += 't';
  const auto timer = std::ranges::find_if(guest.timers, [&](const auto& each) { return each.second.id() == id; });
  check(timer != guest.timers.end(), "a timer fired that nobody set");
  if (timer == guest.timers.end()) return {};
  const Id fired = timer->first;
  model_.begin_timeout(fired);
  struct End {
    Random_Model& model;
    Id timer;
    ~End() { model.end_timeout(timer); }
  } const end{model_, fired};
  return behave(guest);
}

void Random_World::ran(Id post, Guest* guest, std::uint64_t seed) {
  model_.post(post);
  Random random{seed};
  if (guest != nullptr) {
    guest->heard += 'p';
    if (random.below(8) == 0) close(*guest, any_reason(random));
    return;
  }
  // In order on every mechanism: may act on any.
  Guest& other = any_guest(random);
  if (model_.open(other.id)) narrow(other, random);
  if (random.below(3) == 0) this->post(nullptr, random);
}

void Random_World::closed(Guest& guest, std::error_code reason) {
  guest.heard += 'c';
  model_.closed(guest.id, reason);
  if (!ending_ && guest.borrowed && guest.random.below(3) == 0) {
    // The same descriptor again, in its own handle_close.
    auto again = reactor_->watch(*guest.borrowed, Mask::input);
    check(again.has_value(), "handle_close could not register anew");
    if (again) {
      guest.registration = std::move(*again);
      guest.ref = guest.registration.ref();
      model_.registered(guest.id, Mask::input);
    }
  }
  model_.end_close();
}

}  // namespace strata_test
