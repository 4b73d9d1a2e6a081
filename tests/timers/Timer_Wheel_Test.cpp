// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Timer_Wheel.h>
#include <strata_test/Failing_New.h>

#include "Timer_Queue_Suite.h"

class Timer_Wheel_Test : public Timer_Queue_Suite<strata::Timer_Wheel> {
  CPPUNIT_TEST_SUB_SUITE(Timer_Wheel_Test, Timer_Queue_Suite<strata::Timer_Wheel>);
  CPPUNIT_TEST(cancelled_entries_do_not_accumulate);
  CPPUNIT_TEST(cancelled_entries_around_living_ones_do_not_accumulate);
  CPPUNIT_TEST(expiry_without_memory_fires_all_and_none_early);
  CPPUNIT_TEST(refresh_to_earlier_without_memory_fires_in_time);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The first block of the pool holds 255 chunks of 32 entries.
  void cancelled_entries_do_not_accumulate() {
    schedule(0, 100'000);
    const strata_test::Failing_New failing;
    for (int i = 0; i < 100'000; ++i) {
      schedule(1, 30'000), schedule(2, 30'000);
      queue_.cancel(timer(1)), queue_.cancel(timer(2));
    }
  }

  void cancelled_entries_around_living_ones_do_not_accumulate() {
    for (int i = 0; i < 100; ++i) schedule(i, 30'000);
    const strata_test::Failing_New failing;
    for (int i = 0; i < 100'000; ++i) {
      queue_.cancel(timer(i % 100));
      schedule(i % 100, 30'000);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, queue_.expire(30'000));
  }

  // One slot of level 1 becomes 256 of level 0, for which the block has too few chunks.
  void expiry_without_memory_fires_all_and_none_early() {
    for (int i = 0; i < 512; ++i) schedule(i, 256 + static_cast<strata::Tick>(i) / 2);
    const strata_test::Failing_New failing;
    int early = 0;
    upcall_ = [&](int number) { early += timer(number).deadline() > queue_.now(); };
    for (strata::Tick now = 256; now <= 512; ++now) {
      CPPUNIT_ASSERT(queue_.nearest() <= first_deadline());
      queue_.expire(now);
    }
    CPPUNIT_ASSERT_EQUAL(0, early);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, queue_.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{512}, fired_.size());
  }

  void refresh_to_earlier_without_memory_fires_in_time() {
    schedule(0, 90'000), schedule(1, 90'000);
    const strata_test::Failing_New failing;
    int last = 2;
    while (queue_.schedule(timer(last), static_cast<strata::Tick>(last), 0).has_value()) ++last;
    refresh(0, 300);
    CPPUNIT_ASSERT(queue_.nearest() <= 2);
    expect_fired(299, up_to(2, last));
    expect_fired(300, {0});
    expect_fired(90'000, {1});
  }

 private:
  strata::Tick first_deadline() {
    strata::Tick first = strata::max_tick;
    queue_.for_each([&](strata::Timer_Node& node, unsigned) { first = std::min(first, node.deadline()); });
    return std::max(first, queue_.now());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(Timer_Wheel_Test);
