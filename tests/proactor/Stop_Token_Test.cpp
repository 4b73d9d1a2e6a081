// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Stop_Token.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;

class Stop_Token_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Stop_Token_Test);
  CPPUNIT_TEST(a_token_stops_an_operation);
  CPPUNIT_TEST(a_token_that_was_asked_before_stops_at_once);
  CPPUNIT_TEST(a_token_stops_from_another_thread);
  CPPUNIT_TEST(a_token_stops_where_posts_find_no_room);
  CPPUNIT_TEST(a_token_stops_more_than_posts_have_room_for);
  CPPUNIT_TEST(a_token_that_is_asked_after_the_completion_does_nothing);
  CPPUNIT_TEST(a_token_that_never_stops_costs_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_token_stops_an_operation() {
    on_each_engine([](Rig& rig) {
      std::stop_source stop;
      rig.pair([&stop](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.read(1, {.stop = stop.get_token()}).has_value());
        return a.read(100);
      });
      for (int i = 0; i < 4; ++i) rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::string{}, rig.diary);
      stop.request_stop();
      rig.expect_diary("!canceled");
      rig.send("x");
      rig.expect_diary("!canceledrx");
    });
  }

  void a_token_that_was_asked_before_stops_at_once() {
    on_each_engine([](Rig& rig) {
      std::stop_source stop;
      stop.request_stop();
      rig.pair([&stop](Actor& a, Completed&) { return a.read(100, {.stop = stop.get_token()}); });
      rig.expect_diary("!canceled");
    });
  }

  void a_token_stops_from_another_thread() {
    on_each_engine([](Rig& rig) {
      if (rig.backend.simulator() != nullptr) return;  // whose threads are others
      std::stop_source stop;
      rig.pair([&stop](Actor& a, Completed&) {
        for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(a.read(100, {.stop = stop.get_token()}).has_value());
        return Result<>{};
      });
      const std::jthread other{[&stop] { stop.request_stop(); }};
      rig.until([&] { return rig.diary.size() == 100 * std::string_view{"!canceled"}.size(); });
    });
  }

  void a_token_stops_where_posts_find_no_room() {
    on_each_engine([](Rig& rig) {
      std::stop_source stop;
      rig.pair([&stop](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.read(100, {.stop = stop.get_token()}).has_value());
        CPPUNIT_ASSERT(a.wait(1h, {.stop = stop.get_token()}).has_value());
        return a.read(100);
      });
      while (rig.reactor->post_reserved([] {})) continue;
      stop.request_stop();
      rig.expect_diary("!canceled!canceled");
      rig.send("x");
      rig.expect_diary("!canceled!canceledrx");
    });
  }

  void a_token_stops_more_than_posts_have_room_for() {
    constexpr int count = 10'000;
    on_each_engine([](Rig& rig) {
      std::stop_source stop;
      Actor& actor = rig.pair([&stop](Actor& a, Completed&) {
        for (int i = 0; i < count; ++i) CPPUNIT_ASSERT(a.wait(1h, {.stop = stop.get_token()}).has_value());
        return Result<>{};
      });
      stop.request_stop();
      rig.until([&] { return actor.failures == count; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, actor.outstanding());
    });
  }

  void a_token_that_is_asked_after_the_completion_does_nothing() {
    on_each_engine([](Rig& rig) {
      std::stop_source stop;
      rig.pair([&stop](Actor& a, Completed&) { return a.read(100, {.stop = stop.get_token()}); });
      rig.send("x");
      rig.expect_diary("rx");
      stop.request_stop();
      rig.expect_diary("rx");
      CPPUNIT_ASSERT_EQUAL(rig.proactor->started(), rig.proactor->completed());
    });
  }

  void a_token_that_never_stops_costs_nothing() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) { return a.read(100, {.stop = std::stop_token{}}); });
      rig.send("x");
      rig.expect_diary("rx");
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Stop_Token_Test);

}  // namespace
