// SPDX-License-Identifier: Apache-2.0
// Contract point 7: suspension, and hang-ups that must not spin the loop.
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using strata::Suspension;
using Rig = Reactor_Rig;

class Reactor_Suspend_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Suspend_Test);
  CPPUNIT_TEST(a_suspended_handler_hears_what_came_after_its_resume);
  CPPUNIT_TEST(io_goes_on_when_every_reason_is_gone);
  CPPUNIT_TEST(timers_go_on);
  CPPUNIT_TEST(an_orderly_end_waits_for_the_resume_without_spinning);
  CPPUNIT_TEST(a_reset_closes_at_once);
  CPPUNIT_TEST(interest_set_while_suspended_counts_from_the_resume);
  CPPUNIT_TEST(an_event_already_fetched_is_not_delivered);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_suspended_handler_hears_what_came_after_its_resume() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a", Event_Mask::both);
      Rig::expect_ok(rig.reactor->suspend(a.ref));
      rig.send(a);
      rig.turns(2);
      rig.expect_diary("");
      Rig::expect_ok(rig.reactor->resume(a.ref));
      rig.turn();
      rig.expect_diary("ai ao");
    });
  }

  void io_goes_on_when_every_reason_is_gone() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      rig.send(a);
      Rig::expect_ok(rig.reactor->suspend(a.ref, Suspension::user));
      Rig::expect_ok(rig.reactor->suspend(a.ref, Suspension::rate));
      Rig::expect_ok(rig.reactor->resume(a.ref, Suspension::user));
      rig.turn();
      rig.expect_diary("");
      Rig::expect_ok(rig.reactor->resume(a.ref, Suspension::rate));
      rig.turn();
      rig.expect_diary("ai");
    });
  }

  void timers_go_on() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a");
      const strata::Timer timer = rig.reactor->schedule(a.ref, 1ms);
      Rig::expect_ok(rig.reactor->suspend(a.ref));
      rig.run_for(3ms);
      rig.expect_diary("at");
    });
  }

  void an_orderly_end_waits_for_the_resume_without_spinning() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a");
      rig.send(a, "x");
      Rig::expect_ok(rig.reactor->suspend(a.ref));
      rig.hang_up(a);
      const std::uint64_t before = rig.reactor->metrics().turns.value();
      rig.run_for(1s);
      rig.expect_diary("");
      CPPUNIT_ASSERT(rig.reactor->metrics().turns.value() - before <= 5);
      Rig::expect_ok(rig.reactor->resume(a.ref));
      rig.turns(3);
      rig.expect_diary("ai ai ac a~");
    });
  }

  void a_reset_closes_at_once() {
    on_each_model([](Rig& rig) {
      if (rig.backend.is("select")) return;  // select(2) reports errors as readiness alone, and nothing is wanted
      auto a = rig.adopt("a");
      std::error_code reason;
      a.probe->on_close = [&] { reason = a.probe->reason; };
      CPPUNIT_ASSERT(os::send(a.probe->handle(), strata::as_bytes("unread")).has_value());
      Rig::expect_ok(rig.reactor->suspend(a.ref));
      rig.hang_up(a);  // with bytes unread: the kernel resets
      rig.turns(2);
      rig.expect_diary("ac a~");
      CPPUNIT_ASSERT(reason == std::errc::connection_reset);
    });
  }

  void interest_set_while_suspended_counts_from_the_resume() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_ok(rig.reactor->suspend(a.ref));
      Rig::expect_ok(rig.reactor->set_interest(a.ref, Event_Mask::output));
      rig.turn();
      rig.expect_diary("");
      Rig::expect_ok(rig.reactor->resume(a.ref));
      rig.turn();
      rig.expect_diary("ao");
    });
  }

  void an_event_already_fetched_is_not_delivered() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b");
      a.probe->on_input = [&] { return rig.reactor->suspend(b.ref); };
      b.probe->on_input = [&] { return rig.reactor->suspend(a.ref); };
      rig.send(a);
      rig.send(b);
      rig.turn();
      CPPUNIT_ASSERT(rig.diary == "ai " || rig.diary == "bi ");
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Suspend_Test);
