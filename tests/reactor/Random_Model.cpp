// SPDX-License-Identifier: Apache-2.0
#include "Random_Model.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace strata_test {

using strata::Duration;
using strata::Time_Point;
using namespace std::chrono_literals;

namespace {

constexpr Duration tick = 1ms;

/// Rounded up to a tick.
std::int64_t tick_of(Time_Point due) { return (due.time_since_epoch() + tick - 1ns) / tick; }

}  // namespace

Random_Model::Id Random_Model::born(Mask wanted) {
  guests_.emplace_back();
  registered(guests_.size() - 1, wanted);
  return guests_.size() - 1;
}

/// Nothing of it was fetched yet: it gets no I/O in this turn.
void Random_Model::registered(Id id, Mask wanted) {
  Guest& guest = guests_[id];
  guest.open = true;
  guest.wanted = wanted;
  guest.suspended = 0;
  guest.flush = false;
  guest.registration = ++registrations_;
  guest.fetched = Mask::none;
}

void Random_Model::removed(Id id) {
  guests_[id].open = false;
  std::erase_if(timers_, [&](const auto& each) { return each.second.guest == id; });
  std::erase_if(closing_, [&](const Closing& each) { return each.guest == id; });
}

void Random_Model::narrowed(Id id) { guests_[id].touched = true; }

void Random_Model::want(Id id, Mask wanted) {
  guests_[id].wanted = wanted;
  narrowed(id);
}

void Random_Model::suspend(Id id, unsigned reasons) {
  guests_[id].suspended |= reasons;
  narrowed(id);
}

void Random_Model::resume(Id id, unsigned reasons) { guests_[id].suspended &= ~reasons; }

void Random_Model::close(Id id, std::error_code reason) {
  if (!guests_[id].open) return;
  guests_[id].open = false;
  std::erase_if(timers_, [&](const auto& each) { return each.second.guest == id; });
  closing_.push_back({id, reason, now_in_ == Inside::close});
}

void Random_Model::flush(Id id) {
  Guest& guest = guests_[id];
  if (std::exchange(guest.flush, true)) return;
  guest.flush_turn = now_in_ == Inside::flush ? turn_ + 1 : turn_;
}

Random_Model::Id Random_Model::posted(Id guest) {
  posts_.push_back({next_post_, guest, guest == nobody ? 0 : guests_[guest].registration, turn_ + 1});
  return next_post_++;
}

Random_Model::Id Random_Model::scheduled(Id guest, Duration after, Duration interval) {
  // Posts run before the timers of their turn.
  const std::uint64_t first = now_in_ == Inside::post ? turn_ : turn_ + 1;
  timers_[next_timer_] = {guest, now + std::max(after, Duration::zero()), interval, ++order_, first};
  return next_timer_++;
}

void Random_Model::reset(Id id, Duration after) {
  Timer& timer = timers_.at(id);
  timer.due = now + std::max(after, Duration::zero());
  timer.order = ++order_;
  timer.first_turn = now_in_ == Inside::post ? turn_ : turn_ + 1;
  timer.again = timer.running;
}

void Random_Model::begin_turn() {
  ++turn_;
  for (Guest& guest : guests_) {
    const bool readable = guest.unread > 0 || guest.hung_up;
    guest.fetched = guest.effective() & (readable ? Mask::both : Mask::output);
    guest.touched = guest.had_input = guest.had_output = false;
  }
  now_in_ = Inside::nothing;
}

bool Random_Model::stale(const Post& post) const {
  return post.guest != nobody &&
         (!guests_[post.guest].open || guests_[post.guest].registration != post.registration);
}

void Random_Model::post(Id id) {
  while (!posts_.empty() && posts_.front().id != id) {
    expect(stale(posts_.front()), "a post was passed over");
    posts_.pop_front();
  }
  expect(!posts_.empty(), "a post ran twice");
  if (posts_.empty()) return;
  expect(!stale(posts_.front()), "a post ran for a closed handler");
  expect(posts_.front().first_turn <= turn_, "what a post posted ran in its turn");
  expect(now_in_ == Inside::nothing || now_in_ == Inside::post, "a post after timers or I/O");
  posts_.pop_front();
  now_in_ = Inside::post;
}

bool Random_Model::due(const Timer& timer) const {
  return timer.first_turn <= turn_ && tick_of(timer.due) <= now.time_since_epoch() / tick;
}

void Random_Model::begin_timeout(Id id) {
  expect(now_in_ < Inside::io, "a timer after I/O");
  now_in_ = Inside::timer;
  const auto found = timers_.find(id);
  expect(found != timers_.end(), "a timer fired that was cancelled, or its handler closed");
  if (found == timers_.end()) return;
  expect(now >= found->second.due, "a timer fired early");
  expect(due(found->second), "a timer fired in the turn that set it");
  const auto place = [](const Timer& t) { return std::pair{tick_of(t.due), t.order}; };
  for (const auto& [other, timer] : timers_) {
    expect(other == id || timer.running || !due(timer) || place(found->second) < place(timer), "timers out of order");
  }
  Timer& timer = found->second;
  timer.running = true;
  if (timer.interval <= Duration::zero()) return;
  // The first whole interval after the tick that fires; filed before what its upcall sets.
  const Time_Point fired{now.time_since_epoch() / tick * tick};
  timer.due += timer.interval * (std::max(fired - timer.due, Duration::zero()) / timer.interval + 1);
  timer.order = ++order_;
  timer.first_turn = turn_ + 1;
}

void Random_Model::end_timeout(Id id) {
  const auto found = timers_.find(id);
  if (found == timers_.end()) return;
  Timer& timer = found->second;
  timer.running = false;
  if (!std::exchange(timer.again, false) && timer.interval <= Duration::zero()) timers_.erase(found);
}

void Random_Model::input(Id id) {
  Guest& guest = guests_[id];
  expect(now_in_ != Inside::flush && now_in_ != Inside::close, "input after the flush");
  now_in_ = Inside::io;
  expect(guest.open, "input after close");
  expect(any(guest.effective() & Mask::input), "input that was not wanted");
  expect(any(guest.fetched & Mask::input), "input that was not there");
  expect(!guest.had_input && !guest.had_output, "input twice in a turn, or after output");
  guest.had_input = true;
}

void Random_Model::output(Id id) {
  Guest& guest = guests_[id];
  expect(guest.open, "output after close");
  if (!guest.had_output && any(guest.effective() & guest.fetched & Mask::output)) {
    expect(now_in_ != Inside::flush, "I/O after the flush");
    now_in_ = Inside::io;
    guest.had_output = true;
  } else {
    now_in_ = Inside::flush;
    expect(guest.flush && guest.flush_turn <= turn_, "output that was not wanted");
    guest.flush = false;
  }
}

void Random_Model::closed(Id id, std::error_code reason) {
  now_in_ = Inside::close;
  const bool asked = !closing_.empty() && closing_.front().guest == id;
  expect(asked, "a close that was not asked for, or out of order");
  if (!asked) return;
  expect(closing_.front().reason == reason, "closed with another reason");
  expect(!closing_.front().next_turn, "closed in the turn of the close that asked");
  closing_.pop_front();
}

void Random_Model::end_turn() {
  now_in_ = Inside::nothing;
  for (const Guest& guest : guests_) {
    if (!guest.open || guest.touched) continue;
    expect(guest.had_input || !any(guest.fetched & Mask::input), "input was not told");
    expect(guest.had_output || !any(guest.fetched & Mask::output), "output was not told");
    expect(!guest.flush || guest.flush_turn > turn_, "a flush was not told");
  }
  for (const auto& [id, timer] : timers_) expect(!due(timer), "a timer did not fire");
  while (!posts_.empty() && posts_.front().first_turn <= turn_) {
    expect(stale(posts_.front()), "a post did not run");
    posts_.pop_front();
  }
  for (Closing& closing : closing_) {
    expect(closing.next_turn, "a close was not told");
    closing.next_turn = false;
  }
}

std::size_t Random_Model::open_guests() const {
  return static_cast<std::size_t>(std::ranges::count_if(guests_, &Guest::open));
}

}  // namespace strata_test
