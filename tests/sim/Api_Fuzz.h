// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/sim/Random.h>

namespace strata_test {

struct Fuzz_Guest;

/// Random calls of a reactor's whole API, from outside and from within hooks, against a model that says after each turn
/// which upcalls had to come, in which order, and which must not. Works on any mechanism under a clock that the caller
/// moves. Hooks act on their own handler alone, so that each handler's diary is the same whatever the order in which
/// handlers are served: the diaries of one seed are equal on every mechanism.
class Api_Fuzz {
 public:
  using Advance = std::function<void(strata::Duration)>;

  Api_Fuzz(std::uint64_t seed, const strata::Reactor_Options&, Advance advance);
  ~Api_Fuzz();

  void run(std::size_t operations);
  const std::string& complaint() const noexcept { return complaint_; }  ///< the first thing unlike the model
  std::string diaries() const;                                          ///< of each handler, by name

 private:
  friend class Fuzz_Handler;
  enum class Phase : std::uint8_t { posts, timers, io, flush, close };
  struct Timer_Model {
    strata::Time_Point due;
    strata::Duration interval{};
    std::uint64_t order = 0;
    Fuzz_Guest* guest = nullptr;  ///< null: a callback of the reactor's
    bool from_outside = false;
    strata::Timer token;
    strata::sim::Random random{0};
  };
  struct Post_Model {
    std::uint64_t id;
    Fuzz_Guest* guest;  ///< null: the reactor's
  };

  // From outside, between turns.
  void act();
  void act_on(Fuzz_Guest&);
  void admit();
  void refuse_second(Fuzz_Guest&);
  void touch_stale();
  void peer_acts(Fuzz_Guest&);
  void touch_timer();
  void turn();
  void expect_all_done();
  void close_all();
  Fuzz_Guest* pick();

  // Both from outside and from a guest's own hooks.
  void set_interest(Fuzz_Guest&, strata::Event_Mask);
  void suspend_or_resume(Fuzz_Guest&, strata::sim::Random&, bool may_resume);
  void close(Fuzz_Guest&, std::error_code);
  void flush_later(Fuzz_Guest&);
  void post(Fuzz_Guest*);
  void arm(Fuzz_Guest*, strata::Duration after, strata::Duration interval, strata::sim::Random);
  void register_guest(Fuzz_Guest&, std::unique_ptr<class Fuzz_Handler>);
  void note_closing(Fuzz_Guest&, std::error_code);

  // Upcalls.
  void enter(Phase, Fuzz_Guest*, char letter);
  strata::Result<> input(Fuzz_Guest&, strata::os::Handle);
  strata::Result<> output(Fuzz_Guest&);
  strata::Result<> timeout(Fuzz_Guest&, strata::Timer_Id);
  void closed(Fuzz_Guest&, std::error_code, strata::os::Unique_Handle&);
  void ran(std::uint64_t post);
  void fired(std::uint64_t timer);
  strata::Result<> behave(Fuzz_Guest&);

  void complain(const std::string& what);
  void expect(bool as_modelled, const char* what) {
    if (!as_modelled) complain(what);
  }

  strata::sim::Random random_;
  Advance advance_;
  std::string complaint_;
  std::map<std::string, std::unique_ptr<Fuzz_Guest>> guests_;  ///< by name, also those whose handler has gone
  std::vector<strata::Handler_Ref> stale_;
  std::deque<Post_Model> posts_, next_posts_;
  std::uint64_t serial_ = 0;
  std::uint64_t serial_at_turn_ = 0;  ///< what was filed later fires in a later turn
  std::uint64_t turns_ = 0;
  std::size_t named_ = 0;
  bool in_turn_ = false;
  Phase phase_ = Phase::posts;
  std::unique_ptr<strata::Reactor> reactor_;
  std::map<std::uint64_t, Timer_Model> timers_;  ///< by serial; destroyed before the reactor
};

}  // namespace strata_test
