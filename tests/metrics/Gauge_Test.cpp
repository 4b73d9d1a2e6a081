// SPDX-License-Identifier: Apache-2.0
#include <strata/metrics/Gauge.h>

#include <cppunit/extensions/HelperMacros.h>

#include <strata_test/Scale.h>

#include "Several_Threads.h"

namespace {

using namespace strata;

class Gauge_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Gauge_Test);
  CPPUNIT_TEST(it_rises_and_falls_below_zero);
  CPPUNIT_TEST(one_thread_subtracts_what_another_added);
  CPPUNIT_TEST(a_local_gauge_can_be_set);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_rises_and_falls_below_zero() {
    Gauge gauge;
    gauge.add(5);
    gauge.subtract(7);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{-2}, gauge.value());
    gauge.add();
    gauge.subtract();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{-2}, gauge.value());
  }
  void one_thread_subtracts_what_another_added() {
    Gauge gauge;
    const auto turns = static_cast<std::int64_t>(strata_test::count(1'000'000));
    on_threads(4, [&] {
      for (std::int64_t i = 0; i < turns; ++i) gauge.add(2);
    });
    on_threads(4, [&] {
      for (std::int64_t i = 0; i < turns; ++i) gauge.subtract();
    });
    CPPUNIT_ASSERT_EQUAL(4 * turns, gauge.value());
  }
  void a_local_gauge_can_be_set() {
    Local_Gauge gauge;
    gauge.add(3);
    gauge.set(10);
    gauge.subtract(4);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{6}, gauge.value());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Gauge_Test);

}  // namespace
