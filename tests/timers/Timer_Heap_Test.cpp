// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Timer_Heap.h>

#include "Timer_Queue_Suite.h"

class Timer_Heap_Test : public Timer_Queue_Suite<strata::Timer_Heap> {
  CPPUNIT_TEST_SUB_SUITE(Timer_Heap_Test, Timer_Queue_Suite<strata::Timer_Heap>);
  CPPUNIT_TEST(nearest_is_the_first_deadline);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nearest_is_the_first_deadline() {
    schedule(0, 500), schedule(1, 80'000), schedule(2, 300);
    CPPUNIT_ASSERT_EQUAL(strata::Tick{300}, queue_.nearest());
    queue_.cancel(timer(2));
    CPPUNIT_ASSERT_EQUAL(strata::Tick{500}, queue_.nearest());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(Timer_Heap_Test);
