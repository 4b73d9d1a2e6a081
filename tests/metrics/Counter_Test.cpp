// SPDX-License-Identifier: Apache-2.0
#include <strata/metrics/Counter.h>

#include <limits>

#include <cppunit/extensions/HelperMacros.h>

#include <strata_test/Scale.h>

#include "Several_Threads.h"

namespace {

using namespace strata;

class Counter_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Counter_Test);
  CPPUNIT_TEST(it_counts_from_zero);
  CPPUNIT_TEST(threads_beyond_the_shards_lose_nothing);
  CPPUNIT_TEST(it_wraps_at_its_end);
  CPPUNIT_TEST(a_local_counter_counts_and_is_read_elsewhere);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_counts_from_zero() {
    Counter counter;
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, counter.value());
    counter.add();
    counter.add(41);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{42}, counter.value());
  }
  void threads_beyond_the_shards_lose_nothing() {
    Counter counter;
    const std::uint64_t turns = strata_test::count(1'000'000);
    constexpr int threads = 2 * metric_shards;
    on_threads(threads, [&] {
      for (std::uint64_t i = 0; i < turns; ++i) counter.add();
    });
    CPPUNIT_ASSERT_EQUAL(threads * turns, counter.value());
  }
  void it_wraps_at_its_end() {
    Counter counter;
    counter.add(std::numeric_limits<std::uint64_t>::max());
    counter.add(3);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, counter.value());
  }
  void a_local_counter_counts_and_is_read_elsewhere() {
    Local_Counter counter;
    const std::uint64_t turns = strata_test::count(1'000'000);
    auto owner = os::spawn("owner", [&] {
      for (std::uint64_t i = 0; i < turns; ++i) counter.add();
    });
    for (std::uint64_t seen = 0; seen < turns;) {
      const std::uint64_t now = counter.value();
      CPPUNIT_ASSERT(now >= seen && now <= turns);
      seen = now;
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Counter_Test);

}  // namespace
