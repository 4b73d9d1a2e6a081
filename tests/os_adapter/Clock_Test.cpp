// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Clock.h>

#include <chrono>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

using namespace std::chrono_literals;
using namespace strata_test;

class Clock_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Clock_Test);
  CPPUNIT_TEST(time_never_goes_back);
  CPPUNIT_TEST(wall_time_is_that_of_std);
  CPPUNIT_TEST(both_clocks_are_read_through_the_seam);
  CPPUNIT_TEST_SUITE_END();

 public:
  void time_never_goes_back() {
    strata::Time_Point last = strata::Clock::now();
    for (int i = 0; i < 10'000; ++i) {
      const strata::Time_Point now = strata::Clock::now();
      CPPUNIT_ASSERT(now >= last);
      last = now;
    }
  }

  void wall_time_is_that_of_std() {
    const auto before = std::chrono::system_clock::now().time_since_epoch();
    const std::chrono::nanoseconds ours{strata::os::wall_clock_ns()};
    CPPUNIT_ASSERT(ours >= before);
    CPPUNIT_ASSERT(ours <= std::chrono::system_clock::now().time_since_epoch());
  }

  void both_clocks_are_read_through_the_seam() {
    Fault_Table faults;
    faults.table().monotonic_ns = [] { return std::int64_t{41}; };
    faults.table().wall_ns = [] { return std::int64_t{42}; };
    CPPUNIT_ASSERT(strata::Clock::now() == strata::Time_Point{41ns});
    CPPUNIT_ASSERT_EQUAL(std::int64_t{42}, strata::os::wall_clock_ns());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Clock_Test);

}  // namespace
