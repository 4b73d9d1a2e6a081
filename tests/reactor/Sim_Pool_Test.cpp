// SPDX-License-Identifier: Apache-2.0
// Pools in the simulator, where an upcall takes as long as the test says, and its seed says which thread goes on.
#include <strata/reactor/Reactor.h>

#include <optional>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/sim/Simulator.h>

#include "Pool_Rig.h"

namespace {

using namespace strata_test;
using strata::sim::Simulator;

class Sim_Pool_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Sim_Pool_Test);
  CPPUNIT_TEST(hooks_of_one_handler_never_overlap);
  CPPUNIT_TEST(a_timer_set_while_another_leads_fires_in_time);
  CPPUNIT_TEST(an_upcall_that_takes_long_holds_up_nobody);
  CPPUNIT_TEST(a_thread_that_cannot_start_fails_the_run);
  CPPUNIT_TEST_SUITE_END();

 public:
  void hooks_of_one_handler_never_overlap() {
    in_each_pool(50, [](Simulator& world, Dispatch dispatch) {
      Pool pool{dispatch, 3, 2};
      for (auto& place : pool.places) place.guest->on_input = [&world] { world.advance(1ms); };
      std::vector<strata::Timer> timers;
      for (auto& place : pool.places) timers.push_back(pool.reactor->schedule(place.ref, 1ms, 1ms));
      pool.start();
      for (std::size_t i = 0; i < 40; ++i) {
        pool.say(i % 2);
        CPPUNIT_ASSERT(pool.reactor->post(pool.places[i % 2].ref, [&world] { world.may_switch(); }).has_value());
        world.advance(300us);
      }
      pool.stop();
      for (auto& place : pool.places) {
        CPPUNIT_ASSERT_EQUAL(0, place.guest->overlaps.load());
        CPPUNIT_ASSERT(place.guest->bytes != 0 && place.guest->timeouts != 0);
      }
      timers.clear();
    });
  }

  void a_timer_set_while_another_leads_fires_in_time() {
    in_each_pool(20, [](Simulator& world, Dispatch dispatch) {
      Pool pool{dispatch, 3, 1};
      strata::Timer timer;
      std::optional<strata::Time_Point> set, fired;
      pool.places[0].guest->on_input = [&] {
        world.advance(5ms);  // somebody else leads by now, and sleeps without end
        set = world.now();
        timer = pool.reactor->schedule(2ms, [&] { fired = world.now(); });
        world.advance(50ms);
      };
      pool.start();
      pool.say(0);
      world.advance(1s);
      pool.stop();
      CPPUNIT_ASSERT(fired.has_value());
      CPPUNIT_ASSERT(*fired - *set <= 8ms);  // from the start of the upcall; in ticks, and nobody else was busy
      timer.cancel();
    });
  }

  void an_upcall_that_takes_long_holds_up_nobody() {
    in_each_pool(20, [](Simulator& world, Dispatch dispatch) {
      Pool pool{dispatch, 3, 2};
      std::optional<strata::Time_Point> said, heard;
      pool.places[0].guest->on_input = [&] { world.advance(1s); };
      pool.places[1].guest->on_input = [&] { heard = world.now(); };
      pool.start();
      pool.say(0);
      world.advance(10ms);
      said = world.now();
      pool.say(1);
      world.advance(2s);
      pool.stop();
      CPPUNIT_ASSERT(heard.has_value() && *heard - *said < 2ms);
    });
  }

  void a_thread_that_cannot_start_fails_the_run() {
    for (const Dispatch dispatch : {Dispatch::worker_pool, Dispatch::leader_followers}) {
      Simulator world{1, {.no_thread = 1}};
      const Pool pool{dispatch, 3, 1};
      const Result<> ran = pool.reactor->run();
      CPPUNIT_ASSERT(!ran && ran.error() == std::errc::resource_unavailable_try_again);
    }
  }

 private:
  /// Runs `test(world, dispatch)` for so many seeds over both pools.
  template <class Test>
  static void in_each_pool(std::uint64_t seeds, Test test) {
    for (const Dispatch dispatch : {Dispatch::worker_pool, Dispatch::leader_followers}) {
      for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        Simulator world{seed};
        const Result<> ran = world.run([&] { test(world, dispatch); });
        CPPUNIT_ASSERT_MESSAGE(world.diagnosis(), ran.has_value());
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Pool_Test);

}  // namespace
