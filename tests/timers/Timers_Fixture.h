// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/timers/Callback_Timers.h>
#include <strata/timers/Timer.h>
#include <strata/timers/Timer_Wheel.h>

/// Callback timers over a wheel on virtual time, which begins at 1 s. What fires is written into a string.
class Timers_Fixture : public CppUnit::TestFixture {
 protected:
  using ms = std::chrono::milliseconds;

  strata::Timer_Id schedule(ms after, strata::Callback callback, ms interval = {}) {
    const auto id = timers_.schedule(now_, after, std::move(callback), interval);
    CPPUNIT_ASSERT(id.has_value());
    return *id;
  }
  strata::Timer_Id schedule(ms after, char mark, ms interval = {}) { return schedule(after, writes(mark), interval); }
  strata::Callback writes(char mark) {
    return strata::Callback{[this, mark] { trace_ += mark; }};
  }

  void pass(strata::Duration by) {
    now_ += by;
    queue_.expire(strata::tick_floor(now_));
  }
  void expect_after(strata::Duration by, const std::string& trace) {
    trace_.clear();
    pass(by);
    CPPUNIT_ASSERT_EQUAL(trace, trace_);
  }

  strata::Time_Point now_{std::chrono::seconds{1}};
  strata::Timer_Wheel queue_{strata::tick_floor(now_)};
  strata::Callback_Timers timers_{
      queue_, 3,
      {[](void* self, strata::Callback_Timers::Due due, strata::Callback& callback) noexcept {
         static_cast<Timers_Fixture*>(self)->told_ = due;
         callback();
       },
       [](void* self) noexcept { return static_cast<Timers_Fixture*>(self)->now_; }, this}};
  std::string trace_;
  strata::Callback_Timers::Due told_{};
};
