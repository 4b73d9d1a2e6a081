// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Timer_Wheel.h>

#include "Timer_Queue_Random_Suite.h"

class Timer_Wheel_Random_Test : public Timer_Queue_Random_Suite<strata::Timer_Wheel> {
  CPPUNIT_TEST_SUB_SUITE(Timer_Wheel_Random_Test, Timer_Queue_Random_Suite<strata::Timer_Wheel>);
  CPPUNIT_TEST_SUITE_END();
};
CPPUNIT_TEST_SUITE_REGISTRATION(Timer_Wheel_Random_Test);
