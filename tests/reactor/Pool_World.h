// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <strata/os/Socket.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/sim/Random.h>
#include <strata_test/Interruptions.h>

namespace strata_test {

/// What was read of a peer: bytes that count up.
struct Heard {
  std::uint64_t bytes = 0;
  std::uint8_t next = 0;
};

/// Random programs of the reactor's API with real threads: those of the reactor, and two others that post and write.
/// The order of things is the system's choice, so there is no model to compare with; what must hold in any order is
/// looked at in every hook, and the first breach is kept. What hooks of one handler share is plain memory, and their
/// flag is relaxed, so that ThreadSanitizer sees hooks that are not ordered.
class Pool_World {
 public:
  Pool_World(std::string_view mechanism, strata::Dispatch dispatch, std::uint64_t seed);
  ~Pool_World();

  /// About so many operations; then closes all, ends the run and destroys the reactor.
  void run(std::uint64_t operations);
  std::string complaint();

 private:
  class Member;
  class Inside;
  class In_Lane;
  using Random = strata::sim::Random;
  static constexpr std::size_t outsiders = 2, places = 12, watched_places = 2;  ///< the last places are watched
  static constexpr std::size_t itself = outsiders, producers = outsiders + 1;
  static constexpr std::size_t nowhere = ~std::size_t{0};

  /// One registration of a handler, from adopt or watch to handle_close. Kept to the end.
  struct Life {
    Life(std::size_t at, bool in_lane, std::uint64_t seed, Heard before)
        : place(at), common(in_lane), random(seed), heard(before) {}

    const std::size_t place;
    const bool common;                    ///< of the reactor's strand
    std::atomic<std::uint64_t> token{0};  ///< 0: who registers it does not know it yet
    std::atomic<bool> inside{false};
    // Its hooks' alone.
    Random random;
    Heard heard;
    std::array<std::uint64_t, producers> next{};  ///< post that is to come, of each producer
    std::uint64_t sent_to_itself = 0;
    bool closing = false, closed = false, ended = false;
    std::vector<strata::Timer> timers;
  };
  /// Where handlers follow each other, and their peer.
  struct Place {
    std::mutex mutex;
    strata::Handler_Ref ref;
    Life* life = nullptr;
    strata::os::Unique_Handle peer;
    std::uint64_t written = 0;
    std::uint8_t next = 0;
  };
  struct Target {
    strata::Handler_Ref ref;
    Life* life;
  };
  /// What the reactor's strand shares.
  struct Lane {
    explicit Lane(std::uint64_t seed);
    ~Lane();
    std::atomic<bool> inside{false};
    Random random;
    std::array<std::uint64_t, producers> next{};
    std::uint64_t sent_to_itself = 0;
    std::vector<strata::Timer> timers;
    std::array<std::unique_ptr<Member>, watched_places> watched;
    std::array<strata::Registration, watched_places> registrations;
  };

  void complain(std::string_view what);
  void check(bool as_promised, std::string_view breach) {
    if (!as_promised) complain(breach);
  }
  /// Done, or refused because the handler has gone.
  void done_or_stale(const strata::Result<>& result, std::string_view what);
  bool take_turn() { return !ending_ && operations_.fetch_add(1, std::memory_order_relaxed) < limit_; }
  strata::Handler_Ref ref_of(const Life& life) { return {*reactor_, life.token.load(std::memory_order_relaxed)}; }
  Target target(Random&);
  Life& new_life(std::size_t place, bool common, Heard before = {});
  void outside(std::size_t producer);
  void expect_all_closed();

  // Handlers come and go.
  std::unique_ptr<Member> make_member(std::size_t place, bool common);
  void settle(std::size_t place, std::unique_ptr<Member> member, Random& random);
  void visit(Random&);
  void renew(Life& former, Member& dying);
  void finish();

  // Hooks.
  strata::Result<> input(Life&, strata::os::Handle);
  strata::Result<> output(Life&);
  strata::Result<> timeout(Life&, strata::Timer_Id);
  void closed(Life&, Member&);
  void ran(Life&, std::size_t producer, std::uint64_t number);
  void ran_in_lane(std::size_t producer, std::uint64_t number);

  // What they do.
  strata::Result<> behave(Life&);
  strata::Result<> end_oddly(Life&);
  void act_on_itself(Life&);
  void act_on(const Target&, Random&);
  void touch_own_timer(Life&);
  void touch_stray(const Target&, Random&);
  void post_to(const Target&, std::size_t producer, std::uint64_t& sent);
  void post_to_lane(std::size_t producer, std::uint64_t& sent);
  void act_in_lane();
  void watch_or_let_go(std::size_t which);
  void touch_lane_timer();
  void post_to_lane_from_hook();
  void peer_acts(Random&);
  void expect_refused_run();

  const strata::Dispatch dispatch_;
  const std::uint64_t seed_;
  std::optional<Interruptions> interruptions_;
  std::unique_ptr<strata::Reactor> reactor_;
  std::mutex book_;  ///< of the three that follow
  std::string complaint_;
  std::deque<Life> lives_;
  std::vector<strata::Timer> strays_;  ///< timers of one handler that others set
  std::array<Place, places> places_;
  Lane lane_;
  std::array<std::uint64_t, outsiders> lane_posts_{};
  std::uint64_t limit_ = 0;
  std::atomic<std::uint64_t> operations_{0};
  std::atomic<std::uint64_t> adopted_{0}, freed_{0}, closes_{0}, throws_{0}, visitors_{0};
  std::atomic<bool> ending_{false};
};

}  // namespace strata_test
