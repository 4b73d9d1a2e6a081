// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Rate_Limit.h>

#include <chrono>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace std::chrono_literals;
using strata::Rate_Limit;
using strata::Time_Point;

class Rate_Limit_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Rate_Limit_Test);
  CPPUNIT_TEST(a_burst_of_one_second_is_let_through);
  CPPUNIT_TEST(then_so_many_a_second);
  CPPUNIT_TEST(a_long_silence_gives_no_more_than_one_burst);
  CPPUNIT_TEST(none_is_no_limit);
  CPPUNIT_TEST_SUITE_END();

  Time_Point now_{1h};
  int taken(Rate_Limit& limit, int asked) {
    int count = 0;
    for (int i = 0; i < asked; ++i) count += limit.take(now_) ? 1 : 0;
    return count;
  }

 public:
  void a_burst_of_one_second_is_let_through() {
    Rate_Limit limit{10};
    CPPUNIT_ASSERT_EQUAL(10, taken(limit, 100));
  }
  void then_so_many_a_second() {
    Rate_Limit limit{10};
    taken(limit, 100);
    int count = 0;
    for (int i = 0; i < 1000; ++i) {
      now_ += 10ms;
      count += taken(limit, 5);
    }
    CPPUNIT_ASSERT_EQUAL(100, count);
  }
  void a_long_silence_gives_no_more_than_one_burst() {
    Rate_Limit limit{10};
    taken(limit, 100);
    now_ += 24h * 365;
    CPPUNIT_ASSERT_EQUAL(10, taken(limit, 100));
  }
  void none_is_no_limit() {
    Rate_Limit limit;
    CPPUNIT_ASSERT_EQUAL(1000, taken(limit, 1000));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Rate_Limit_Test);
