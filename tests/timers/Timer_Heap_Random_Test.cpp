// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Timer_Heap.h>

#include "Timer_Queue_Random_Suite.h"

class Timer_Heap_Random_Test : public Timer_Queue_Random_Suite<strata::Timer_Heap> {
  CPPUNIT_TEST_SUB_SUITE(Timer_Heap_Random_Test, Timer_Queue_Random_Suite<strata::Timer_Heap>);
  CPPUNIT_TEST_SUITE_END();
};
CPPUNIT_TEST_SUITE_REGISTRATION(Timer_Heap_Random_Test);
