// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Tick.h>

#include <chrono>
#include <limits>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

using namespace strata;
using namespace std::chrono_literals;

class Tick_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Tick_Test);
  CPPUNIT_TEST(time_that_has_passed_is_rounded_down);
  CPPUNIT_TEST(deadlines_are_rounded_up);
  CPPUNIT_TEST(zero_and_negative_delays_are_due_at_the_start);
  CPPUNIT_TEST(the_longest_delay_does_not_overflow);
  CPPUNIT_TEST(a_tick_begins_where_the_one_before_ends);
  CPPUNIT_TEST_SUITE_END();

 public:
  void time_that_has_passed_is_rounded_down() {
    CPPUNIT_ASSERT_EQUAL(Tick{0}, tick_floor(Time_Point{999'999ns}));
    CPPUNIT_ASSERT_EQUAL(Tick{1}, tick_floor(Time_Point{1ms}));
    CPPUNIT_ASSERT_EQUAL(Tick{0}, tick_floor(Time_Point{-5s}));
  }
  void deadlines_are_rounded_up() {
    CPPUNIT_ASSERT_EQUAL(Tick{7}, deadline_tick(Time_Point{5ms}, 2ms));
    CPPUNIT_ASSERT_EQUAL(Tick{8}, deadline_tick(Time_Point{5ms + 1ns}, 2ms));
    CPPUNIT_ASSERT_EQUAL(Tick{6}, deadline_tick(Time_Point{5ms}, 1ns));
  }
  void zero_and_negative_delays_are_due_at_the_start() {
    CPPUNIT_ASSERT_EQUAL(Tick{5}, deadline_tick(Time_Point{5ms}, 0ns));
    CPPUNIT_ASSERT_EQUAL(Tick{5}, deadline_tick(Time_Point{5ms}, -1h));
    CPPUNIT_ASSERT_EQUAL(Tick{5}, deadline_tick(Time_Point{5ms}, Duration::min()));
  }
  void the_longest_delay_does_not_overflow() {
    CPPUNIT_ASSERT(Time_Point::max() == due_time(Time_Point{5ms}, Duration::max()));
    CPPUNIT_ASSERT(Time_Point::max() == due_time(Time_Point::max(), 1ns));
    CPPUNIT_ASSERT(Time_Point{Duration::max() - 1s} == due_time(Time_Point{-1s}, Duration::max()));
    CPPUNIT_ASSERT(deadline_tick(Time_Point{5ms}, Duration::max()) <= max_tick);
    CPPUNIT_ASSERT(deadline_tick(Time_Point{5ms}, Duration::max()) > tick_floor(Time_Point::max() - 1ms));
  }
  void a_tick_begins_where_the_one_before_ends() {
    CPPUNIT_ASSERT(Time_Point{7ms} == tick_start(7));
    CPPUNIT_ASSERT_EQUAL(Tick{7}, tick_floor(tick_start(7)));
    CPPUNIT_ASSERT_EQUAL(Tick{6}, tick_floor(tick_start(7) - 1ns));
    CPPUNIT_ASSERT(tick_start(max_tick) <= Time_Point::max());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(Tick_Test);
