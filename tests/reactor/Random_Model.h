// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include <strata/os/Clock.h>
#include <strata/os/Demultiplexer.h>

namespace strata_test {

/// What the reactor's contract says must and may happen, written apart from the reactor. It is told what the program
/// asks for and which upcalls come, and keeps the first breach as `complaint`. Guests and timers are numbers.
class Random_Model {
 public:
  using Id = std::size_t;
  using Mask = strata::os::Interest;
  static constexpr Id nobody = ~Id{0};

  // What the program does.
  Id born(Mask wanted);
  void registered(Id, Mask wanted);      ///< anew, with the same descriptor
  void removed(Id);                      ///< its Registration was destroyed
  void want(Id, Mask);
  void suspend(Id, unsigned reasons);
  void resume(Id, unsigned reasons);
  void peer_sent(Id id) { ++guests_[id].unread; }
  void peer_left(Id id) { guests_[id].hung_up = true; }
  void read(Id id) { --guests_[id].unread; }
  void close(Id, std::error_code);
  void flush(Id);
  Id posted(Id guest);
  Id scheduled(Id guest, strata::Duration after, strata::Duration interval);
  void cancelled(Id timer) { timers_.erase(timer); }
  void reset(Id timer, strata::Duration after);

  // What the reactor does.
  void begin_turn();
  void input(Id);
  void output(Id);
  void post(Id);
  void begin_timeout(Id timer);
  void end_timeout(Id timer);
  void closed(Id, std::error_code);
  void end_close() { now_in_ = Inside::nothing; }
  void end_turn();

  bool open(Id id) const { return guests_[id].open; }
  bool hung_up(Id id) const { return guests_[id].hung_up; }
  int unread(Id id) const { return guests_[id].unread; }
  Mask wanted(Id id) const { return guests_[id].wanted; }
  bool pending(Id timer) const { return timers_.contains(timer); }
  std::size_t guests() const { return guests_.size(); }
  std::size_t open_guests() const;

  strata::Time_Point now{};  ///< the world's
  std::string complaint;

 private:
  enum class Inside : std::uint8_t { nothing, post, timer, io, flush, close };
  struct Guest {
    bool open = false;
    Mask wanted{};
    unsigned suspended = 0;
    int unread = 0;
    bool hung_up = false;
    bool flush = false;
    std::uint64_t flush_turn = 0;
    std::uint64_t registration = 0;
    Mask fetched{};         ///< what the wait of this turn saw, if nothing changed since
    bool touched = false;   ///< wants less than at the wait: the upcalls of this turn may be missing
    bool had_input = false, had_output = false;

    Mask effective() const { return open && suspended == 0 ? wanted : Mask::none; }
  };
  struct Timer {
    Id guest;
    strata::Time_Point due;
    strata::Duration interval;
    std::uint64_t order, first_turn;
    bool running = false, again = false;
  };
  struct Post {
    Id id, guest;
    std::uint64_t registration, first_turn;
  };
  struct Closing {
    Id guest;
    std::error_code reason;
    bool next_turn;
  };

  void expect(bool as_promised, const std::string& breach) {
    if (!as_promised && complaint.empty()) complaint = breach + " in turn " + std::to_string(turn_);
  }
  bool stale(const Post&) const;
  bool due(const Timer&) const;
  void narrowed(Id);

  std::vector<Guest> guests_;
  std::map<Id, Timer> timers_;
  std::deque<Post> posts_;
  std::deque<Closing> closing_;
  std::uint64_t turn_ = 0, order_ = 0, registrations_ = 0;
  Id next_post_ = 0, next_timer_ = 0;
  Inside now_in_ = Inside::nothing;
};

}  // namespace strata_test
