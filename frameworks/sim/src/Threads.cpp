// SPDX-License-Identifier: Apache-2.0
#include "Threads.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <utility>

#include "Demultiplexer.h"
#include "Object.h"
#include "World.h"

namespace strata::inline v1::sim {

using os::Raw;
using State = Virtual_Thread::State;

namespace {

constexpr std::uint64_t most_calls = 8;  // of what a loop that waits may do at one instant
constexpr int most_overtime = 10'000;  // moves of the clock past the end, for those who end orderly

/// Made first in a thread, so that it is destroyed last: until then the thread's other objects may use the seam.
struct Farewell {
  std::move_only_function<void()> say;
  ~Farewell() {
    if (say) say();
  }
};

}  // namespace

Threads::Threads(World& world) : world_{world} { running_ = &add("main"); }

void Threads::end() {
  if (abandoned_) return;
  ending_ = true;
  if (outside_ != nullptr) (void)join(outside_->id);
  if (!several()) return;
  world_.diagnosis = "threads outlive their simulator: " + describe();
  die();
}

Virtual_Thread& Threads::add(std::string name) {
  threads_.push_back(std::make_unique<Thread>());
  Thread& thread = *threads_.back();
  thread.id = ++ids_;
  thread.name = std::move(name);
  candidates_.reserve(threads_.size());
  return thread;
}

Virtual_Thread* Threads::find(std::uint64_t id) noexcept {
  const auto found = std::ranges::find(threads_, id, &Thread::id);
  return found == threads_.end() ? nullptr : found->get();
}

Raw Threads::start(const os::Thread_Start& wanted) {
  if (world_.roll(world_.faults.no_thread)) {
    return world_.record("thread", 0, 0, error(std::errc::resource_unavailable_try_again));
  }
  Thread& thread = add(wanted.name);
  *wanted.id = thread.id;
  launch(thread, [body = wanted.body, argument = wanted.argument] { body(argument); });
  return world_.record("thread", static_cast<std::int64_t>(thread.id), 0, 0);
}

void Threads::launch(Thread& thread, std::move_only_function<void()> body) {
  if (rate_ < 0) {
    constexpr std::array rates{0.01, 0.05, 0.2, 0.5};
    rate_ = rates[world_.random.below(rates.size())];
  }
  if (!together_) together_.emplace();
  thread.real = std::thread{[this, &thread, body = std::move(body)]() mutable { live(thread, body); }};
}

void Threads::live(Thread& thread, std::move_only_function<void()>& body) {
  thread_local Farewell farewell;
  farewell.say = [this, &thread] { leave(thread); };
  thread.baton.await();
  body();
  body = nullptr;
}

/// The last that a thread does.
void Threads::leave(Thread& thread) {
  thread.state = State::ended;
  Thread& next = choose();
  running_ = &next;
  next.baton.give();
}

Raw Threads::join(std::uint64_t id) {
  Thread* const thread = find(id);
  if (thread == nullptr || thread == &running()) return error(std::errc::no_such_process);
  if (thread->state != State::ended) {
    running().other = thread;
    block(State::joining);
  }
  thread->real.join();
  std::erase_if(threads_, [thread](const auto& each) { return each.get() == thread; });
  return world_.record("join", static_cast<std::int64_t>(id), 0, 0);
}

/// Those who wait for one word now have a number in common.
std::uint64_t Threads::number_of(const void* word) {
  const auto same = [word](const auto& each) { return each->state == State::parked && each->word == word; };
  const auto found = std::ranges::find_if(threads_, same);
  return found == threads_.end() ? ++words_ : (*found)->word_number;
}

Raw Threads::park(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Duration timeout) {
  if (word.load(std::memory_order_acquire) != expected) {
    return world_.record("park", 0, timeout.count(), error(std::errc::resource_unavailable_try_again));
  }
  if (world_.roll(world_.faults.interrupt)) {
    return world_.record("park", 0, timeout.count(), error(std::errc::interrupted));
  }
  Thread& self = running();
  self.word_number = number_of(&word);
  self.word = &word;
  self.woken = false;
  const auto number = static_cast<std::int64_t>(self.word_number);
  world_.record("park", number, timeout.count(), 0);
  block(State::parked, world_.agenda.limit(timeout));
  return world_.record("awake", number, 0, self.woken ? 0 : error(std::errc::timed_out));
}

/// Whom the kernel wakes first is nobody's business: the seed chooses.
Raw Threads::unpark(const std::atomic<std::uint32_t>& word, unsigned most) {
  std::vector<Thread*> parked;
  for (const auto& each : threads_) {
    if (each->state == State::parked && each->word == &word && !each->woken) parked.push_back(each.get());
  }
  const std::size_t count = std::min<std::size_t>(most, parked.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (parked.size() - i > 1) std::swap(parked[i], parked[i + world_.random.below(parked.size() - i)]);
    parked[i]->woken = true;
  }
  const std::uint64_t number = parked.empty() ? 0 : parked.front()->word_number;
  return world_.record("unpark", static_cast<std::int64_t>(number), most, static_cast<Raw>(count));
}

void Threads::may_switch() {
  if (!several() || deciding_) return;
  if (world_.calls_now > most_calls * world_.calls_at_once) {
    world_.calls_now = 0;
    give_up("the threads spin: " + std::to_string(most_calls * world_.calls_at_once) + " calls at one instant");
  }
  if (world_.random.chance(rate_)) pass_on();
}

void Threads::pass_on() {
  if (several() && !deciding_) block(State::ready);
}

bool Threads::wait(Simulated_Demultiplexer& set, Time_Point limit) {
  Thread& self = running();
  self.set = &set;
  self.given_up = false;
  block(State::waiting, limit);
  return !self.given_up;
}

void Threads::sleep_until(Time_Point when) { block(State::sleeping, when); }

void Threads::block(State state, Time_Point limit) {
  Thread& self = running();
  if (deciding_) {
    world_.diagnosis = "an event outside of the code under test waits, and nobody else is there to run";
    die();
  }
  self.state = state;
  self.limit = limit;
  if (Thread& next = choose(); &next != &self) hand_to(next);
  self.state = State::ready;
  self.limit = Time_Point::max();
}

void Threads::hand_to(Thread& next) {
  Thread& self = running();
  world_.trace.add({world_.agenda.now() - Agenda::start, "switch", static_cast<std::int64_t>(self.id),
                    static_cast<std::int64_t>(next.id), 0});
  running_ = &next;
  next.baton.give();
  self.baton.await();
}

/// Who goes on; the clock moves until somebody can.
Virtual_Thread& Threads::choose() {
  for (;;) {
    deciding_ = true;
    world_.agenda.run_due();
    deciding_ = false;
    candidates_.clear();
    for (const auto& each : threads_) {
      if (can_go(*each)) candidates_.push_back(each.get());
    }
    if (candidates_.size() == 1) return *candidates_.front();
    if (!candidates_.empty()) return *candidates_[world_.random.below(candidates_.size())];
    if (world_.agenda.now() > world_.horizon && overtime_++ % most_overtime == 0) {
      give_up("the run does not end: its virtual time is over");
    } else if (!advance()) {
      give_up(several() ? "deadlock: nobody can go on and nothing will happen"
                        : "deadlock: the loop waits for ever and nothing will happen");
    }
  }
}

bool Threads::can_go(const Thread& thread) const {
  if (thread.given_up || thread.limit <= world_.agenda.now()) return thread.state != State::ended;
  switch (thread.state) {
    case State::ready: return true;
    case State::parked: return thread.woken;
    case State::waiting: return thread.set->any_ready();
    case State::joining:
    case State::awaiting: return thread.other->state == State::ended;
    case State::idle: return !events_.empty() || ending_;
    case State::sleeping:
    case State::ended: return false;
  }
  return false;
}

/// Moves the clock to the next that may happen; false: nothing will.
bool Threads::advance() {
  Time_Point limit = Time_Point::max();
  for (const auto& each : threads_) {
    if (each->state != State::ended) limit = std::min(limit, each->limit);
  }
  if (limit == Time_Point::max() && world_.agenda.empty()) return false;
  deciding_ = true;
  world_.agenda.advance_towards(limit);
  world_.calls_now = 0;
  if (world_.roll(world_.faults.late_wake)) {
    const auto most = static_cast<std::uint64_t>(world_.faults.late_by.count());
    const Duration late{static_cast<std::int64_t>(world_.random.below(most + 1))};
    world_.agenda.advance_to(world_.agenda.now() + late);
  }
  deciding_ = false;
  return true;
}

void Threads::diagnose(const std::string& why) {
  if (!world_.diagnosis.empty()) return;  // the first is the cause
  world_.diagnosis = why;
  if (several()) world_.diagnosis += "; " + describe();
  world_.diagnosis += " (seed " + std::to_string(world_.seed) + ')';
}

void Threads::give_up(const std::string& why) {
  diagnose(why);
  const bool stuck = std::ranges::none_of(threads_, [](const auto& each) { return each->state == State::waiting; });
  for (const auto& each : threads_) {
    if (each->state == State::waiting) each->given_up = true;
  }
  if (!stuck) return;
  Thread& maker = *threads_.front();
  if (maker.state != State::awaiting) die();
  abandoned_ = maker.given_up = true;
  if (running().state != State::ready) return;  // it chooses, and will choose the maker
  hand_to(maker);                               // a thread that spins: this is its end
}

void Threads::die() const {
  std::cerr << world_.diagnosis << '\n';
  std::abort();
}

std::string Threads::describe() const {
  std::string text;
  for (const auto& each : threads_) {
    if (each->state == State::ended || each->state == State::awaiting || each->state == State::idle) continue;
    text += (text.empty() ? "" : ", ") + describe(*each);
  }
  return text;
}

std::string Threads::describe(const Thread& thread) const {
  const std::string with = thread.limit == Time_Point::max() ? "" : " (with a deadline)";
  switch (thread.state) {
    case State::parked: return thread.name + " is parked at word " + std::to_string(thread.word_number) + with;
    case State::waiting: return thread.name + " waits for events" + with;
    case State::joining: return thread.name + " joins " + thread.other->name;
    case State::sleeping: return thread.name + " sleeps";
    default: return thread.name + " runs";
  }
}

void Threads::outside(Agenda::Event event) {
  if (!several()) return event();
  events_.push_back(std::move(event));
  if (outside_ != nullptr) return;
  outside_ = &add("outside");
  launch(*outside_, [this] { be_outside(); });
}

void Threads::be_outside() {
  while (!events_.empty() || !ending_) {
    if (events_.empty()) {
      block(State::idle);
      continue;
    }
    Agenda::Event event = std::move(events_.front());
    events_.pop_front();
    event();
  }
}

bool Threads::run(std::move_only_function<void()> body) {
  std::exception_ptr thrown;
  Thread& self = running();
  self.name = "the test";
  Thread& main = add("main");
  launch(main, [&thrown, body = std::move(body)]() mutable {
    try {
      body();
    } catch (...) {
      thrown = std::current_exception();
    }
    body = nullptr;
  });
  self.other = &main;
  block(State::awaiting);
  if (abandoned_) {
    for (const auto& each : threads_) {
      if (each->real.joinable()) each->real.detach();
    }
    return false;
  }
  (void)join(main.id);
  if (thrown) std::rethrow_exception(thrown);
  return true;
}

}  // namespace strata::inline v1::sim
