// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <strata/os/Socket.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/sim/Random.h>
#include <strata_test/Backend.h>

#include "Random_Model.h"

namespace strata_test {

/// Random programs of the reactor's API, run on a reactor and told to the model. Hooks act on their own handler alone
/// (`tame`), so that what each handler hears is the same whatever the order of handlers in a batch; or on any (`wild`),
/// when the model alone judges.
class Random_World {
 public:
  enum class Manner : std::uint8_t { tame, wild };

  Random_World(Backend&, strata::Timer_Kind, Manner, std::uint64_t seed);
  ~Random_World();

  /// Until so many operations; then destroys the reactor.
  void run(std::size_t operations);

  const std::string& complaint() const { return model_.complaint; }
  /// What each handler heard, a line a handler: i(nput), o(utput), t(imer), p(ost), c(lose), ~ (freed).
  std::string trace() const;

 private:
  friend class Random_Handler;
  using Id = Random_Model::Id;
  using Random = strata::sim::Random;
  struct Guest {
    Id id;
    strata::sim::Random random{0};  ///< its own: its hooks do the same in any order of handlers
    class Random_Handler* handler = nullptr;
    std::unique_ptr<class Random_Handler> borrowed;
    strata::Registration registration;
    strata::Handler_Ref ref;
    strata::os::Unique_Handle handle, peer;
    std::string heard;
    int alive = 0;
    std::vector<std::pair<Id, strata::Timer>> timers;
  };

  // Between turns.
  void act();
  void act_on(Guest&, Random&);
  void admit();
  void watch_or_adopt(Guest&, bool borrow);
  void peer_acts(Guest&);
  void touch_stale();
  void turn();
  void finish();

  // Anywhere.
  void narrow(Guest&, Random&);
  void close(Guest&, std::error_code);
  void post(Guest*, Random&);
  void schedule(Guest&, Random&);
  void touch_timer(Guest&, Random&);
  void expect_refused();
  void check(bool as_modelled, const char* what);
  Guest& any_guest(Random&);

  // Upcalls.
  strata::Result<> behave(Guest&);
  void be_wild(Guest&);
  strata::Result<> input(Guest&);
  strata::Result<> output(Guest&);
  strata::Result<> timeout(Guest&, strata::Timer_Id);
  void closed(Guest&, std::error_code);
  void ran(Id post, Guest*, std::uint64_t seed);

  Backend& backend_;
  Manner manner_;
  Random random_;
  Random_Model model_;
  std::deque<Guest> guests_;
  std::vector<strata::Handler_Ref> stale_;
  std::uint64_t exceptions_ = 0;
  bool ending_ = false;
  std::unique_ptr<strata::Reactor> reactor_;
};

}  // namespace strata_test
