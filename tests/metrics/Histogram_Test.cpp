// SPDX-License-Identifier: Apache-2.0
#include <strata/metrics/Histogram.h>

#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace std::chrono_literals;
using strata::Duration;
using strata::Histogram;

class Histogram_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Histogram_Test);
  CPPUNIT_TEST(an_empty_one_is_zero);
  CPPUNIT_TEST(a_quantile_is_the_end_of_its_bucket);
  CPPUNIT_TEST(the_longest_is_exact);
  CPPUNIT_TEST(extremes_have_a_bucket);
  CPPUNIT_TEST(threads_that_record_at_once_lose_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_empty_one_is_zero() {
    const auto empty = Histogram{}.snapshot();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, empty.total);
    CPPUNIT_ASSERT(empty.quantile(0.5) == 0ns && empty.quantile(1) == 0ns && empty.longest == 0ns);
  }

  void a_quantile_is_the_end_of_its_bucket() {
    Histogram histogram;
    for (int i = 0; i < 99; ++i) histogram.record(100ns);  // 64 to 127
    histogram.record(1ms);
    const auto now = histogram.snapshot();
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, now.total);
    CPPUNIT_ASSERT(now.quantile(0.5) == 127ns);
    CPPUNIT_ASSERT(now.quantile(0.99) == 127ns);
    CPPUNIT_ASSERT(now.quantile(0.991) == 1ms);  // never more than the longest
  }

  void the_longest_is_exact() {
    Histogram histogram;
    for (const Duration one : {5ns, 77ns, 3ns}) histogram.record(one);
    CPPUNIT_ASSERT(histogram.snapshot().longest == 77ns);
    CPPUNIT_ASSERT(histogram.snapshot().quantile(1) == 77ns);
  }

  void extremes_have_a_bucket() {
    Histogram histogram;
    for (const Duration one : {Duration::min(), Duration{-1}, Duration{0}}) histogram.record(one);
    CPPUNIT_ASSERT(histogram.snapshot().quantile(1) == 0ns);
    histogram.record(Duration::max());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, histogram.snapshot().counts.back());
    CPPUNIT_ASSERT(histogram.snapshot().longest == Duration::max());
  }

  void threads_that_record_at_once_lose_nothing() {
    Histogram histogram;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&histogram] {
          for (int i = 1; i <= 10'000; ++i) histogram.record(Duration{i});
        });
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{40'000}, histogram.snapshot().total);
    CPPUNIT_ASSERT(histogram.snapshot().longest == 10us);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Histogram_Test);
