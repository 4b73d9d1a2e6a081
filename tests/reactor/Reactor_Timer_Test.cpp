// SPDX-License-Identifier: Apache-2.0
// Contract point 8, as far as it is the reactor's: the queues have tests of their own.
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using strata::Timer;
using Rig = Reactor_Rig;

class Reactor_Timer_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Timer_Test);
  CPPUNIT_TEST(a_timer_never_fires_before_its_time);
  CPPUNIT_TEST(time_counts_from_the_start_of_the_upcall);
  CPPUNIT_TEST(refresh_now_counts_from_now);
  CPPUNIT_TEST(a_destroyed_token_cancels);
  CPPUNIT_TEST(a_timer_cancelled_in_its_own_callback_never_fires_again);
  CPPUNIT_TEST(a_periodic_timer_does_not_drift);
  CPPUNIT_TEST(a_late_periodic_timer_fires_once);
  CPPUNIT_TEST(a_timer_of_a_closed_handler_never_fires);
  CPPUNIT_TEST(an_error_in_handle_timeout_closes);
  CPPUNIT_TEST(a_callback_that_throws_is_counted_and_the_loop_lives);
  CPPUNIT_TEST(a_timer_set_with_no_delay_fires_in_a_later_turn);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_timer_never_fires_before_its_time() {
    on_each_backend([](Rig& rig) {
      const strata::Time_Point start = strata::Clock::now();
      strata::Time_Point fired{};
      const Timer timer = rig.reactor->schedule(2500us, [&] { fired = strata::Clock::now(); });
      rig.run_for(10ms);
      CPPUNIT_ASSERT(fired >= start + 2500us);
      CPPUNIT_ASSERT(fired <= start + 4ms);
    });
  }

  void time_counts_from_the_start_of_the_upcall() {
    on_each_backend([](Rig& rig) {
      Timer late;
      const strata::Time_Point start = strata::Clock::now();
      strata::Time_Point fired{};
      const Timer first = rig.reactor->schedule(1ms, [&] { rig.backend.advance(20ms); });
      const Timer second = rig.reactor->schedule(
          1ms, [&] { late = rig.reactor->schedule(5ms, [&] { fired = strata::Clock::now(); }); });
      rig.run_for(100ms);
      CPPUNIT_ASSERT(fired >= start + 26ms);  // the second upcall began 20 ms after its turn
    });
  }

  void refresh_now_counts_from_now() {
    on_each_backend([](Rig& rig) {
      strata::Duration seen{};
      Rig::expect_ok(rig.reactor->post([&] {
        const strata::Time_Point start = rig.reactor->now();
        rig.backend.advance(5ms);
        CPPUNIT_ASSERT(rig.reactor->now() == start);
        seen = rig.reactor->refresh_now() - start;
      }));
      rig.turn();
      CPPUNIT_ASSERT(seen >= 5ms);
    });
  }

  void a_destroyed_token_cancels() {
    on_each_backend([](Rig& rig) {
      { const Timer timer = rig.reactor->schedule(1ms, [&] { rig.diary += "fired "; }); }
      rig.run_for(5ms);
      rig.expect_diary("");
    });
  }

  void a_timer_cancelled_in_its_own_callback_never_fires_again() {
    on_each_backend([](Rig& rig) {
      Timer timer;
      timer = rig.reactor->schedule(
          1ms,
          [&] {
            rig.diary += "fired ";
            timer.cancel();
          },
          1ms);
      rig.run_for(10ms);
      rig.expect_diary("fired");
    });
  }

  void a_periodic_timer_does_not_drift() {
    on_each_backend([](Rig& rig) {
      int fired = 0;
      const Timer timer = rig.reactor->schedule(10ms, [&] { ++fired; }, 10ms);
      rig.run_for(1005ms);
      CPPUNIT_ASSERT_EQUAL(100, fired);
    });
  }

  void a_late_periodic_timer_fires_once() {
    on_each_backend([](Rig& rig) {
      int fired = 0;
      const Timer timer = rig.reactor->schedule(10ms, [&] { ++fired; }, 10ms);
      rig.backend.advance(55ms);
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(1, fired);
      rig.run_for(6ms);
      CPPUNIT_ASSERT_EQUAL(2, fired);
    });
  }

  void a_timer_of_a_closed_handler_never_fires() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a");
      const Timer timer = rig.reactor->schedule(a.ref, 1ms, 1ms);
      Rig::expect_ok(rig.reactor->close(a.ref, strata::errc::canceled));
      rig.run_for(10ms);
      rig.expect_diary("ac a~");
      CPPUNIT_ASSERT(!timer.active());
    });
  }

  void an_error_in_handle_timeout_closes() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a");
      a.probe->on_timeout = [] { return strata::fail(strata::errc::idle_timeout); };
      const Timer timer = rig.reactor->schedule(a.ref, 1ms);
      rig.run_for(5ms);
      rig.expect_diary("at ac a~");
    });
  }

  void a_callback_that_throws_is_counted_and_the_loop_lives() {
    on_each_backend([](Rig& rig) {
      const Timer timer = rig.reactor->schedule(1ms, [] { throw 1; }, 1ms);
      rig.run_for(3ms + 500us);
      CPPUNIT_ASSERT(rig.reactor->metrics().exceptions.value() >= 2);
    });
  }

  void a_timer_set_with_no_delay_fires_in_a_later_turn() {
    on_each_backend([](Rig& rig) {
      Timer second;
      const Timer first = rig.reactor->schedule(0ms, [&] {
        rig.diary += "first ";
        second = rig.reactor->schedule(-5ms, [&] { rig.diary += "second "; });
      });
      rig.backend.advance(1ms);
      rig.turn();
      rig.expect_diary("first");
      rig.run_for(2ms);
      rig.expect_diary("second");
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Timer_Test);
