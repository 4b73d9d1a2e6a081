// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Back_Off.h>

#include <set>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace std::chrono_literals;
using strata::Back_Off;
using strata::Duration;

class Back_Off_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Back_Off_Test);
  CPPUNIT_TEST(each_wait_lies_between_half_and_all_of_a_bound_that_doubles);
  CPPUNIT_TEST(no_wait_passes_the_most);
  CPPUNIT_TEST(after_a_success_it_begins_anew);
  CPPUNIT_TEST(two_do_not_come_back_together);
  CPPUNIT_TEST(a_first_beyond_the_most_is_the_most);
  CPPUNIT_TEST(the_longest_duration_does_not_overflow);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_wait_lies_between_half_and_all_of_a_bound_that_doubles() {
    Back_Off back_off{{.first = 100ms, .most = 1h}};
    for (const Duration bound : {100ms, 200ms, 400ms, 800ms, 1600ms}) expect_within(bound, back_off.next());
  }

  void no_wait_passes_the_most() {
    Back_Off back_off{{.first = 100ms, .most = 300ms}};
    for (const Duration bound : {100ms, 200ms, 300ms, 300ms, 300ms}) expect_within(bound, back_off.next());
  }

  void after_a_success_it_begins_anew() {
    Back_Off back_off{{.first = 100ms, .most = 1h}};
    for (int i = 0; i < 5; ++i) (void)back_off.next();
    back_off.succeeded();
    expect_within(100ms, back_off.next());
  }

  void two_do_not_come_back_together() {
    std::set<Duration> waits;
    for (int i = 0; i < 100; ++i) waits.insert(Back_Off{{.first = 1s, .most = 1s}}.next());
    CPPUNIT_ASSERT(waits.size() > 90);
  }

  void a_first_beyond_the_most_is_the_most() {
    Back_Off back_off{{.first = 1h, .most = 1s}};
    expect_within(1s, back_off.next());
    expect_within(1s, back_off.next());
  }

  void the_longest_duration_does_not_overflow() {
    Back_Off back_off{{.first = Duration::max() / 2, .most = Duration::max()}};
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(back_off.next() >= Duration::max() / 4);
  }

 private:
  static void expect_within(Duration bound, Duration wait) {
    CPPUNIT_ASSERT(wait >= bound / 2);
    CPPUNIT_ASSERT(wait <= bound);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Back_Off_Test);

}  // namespace
