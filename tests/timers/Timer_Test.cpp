// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Timer.h>

#include <optional>
#include <utility>

#include "Timers_Fixture.h"

using namespace strata;
using namespace std::chrono_literals;

class Timer_Test : public Timers_Fixture {
  CPPUNIT_TEST_SUITE(Timer_Test);
  CPPUNIT_TEST(timer_dies_with_its_token);
  CPPUNIT_TEST(moved_token_keeps_its_timer_and_drops_the_old_one);
  CPPUNIT_TEST(detached_timer_goes_on);
  CPPUNIT_TEST(cancel_tells_whether_there_was_anything_to_cancel);
  CPPUNIT_TEST(reset_counts_from_now);
  CPPUNIT_TEST(token_may_be_destroyed_in_its_own_upcall);
  CPPUNIT_TEST(token_is_active_until_its_last_upcall_has_returned);
  CPPUNIT_TEST_SUITE_END();

 public:
  void timer_dies_with_its_token() {
    { const Timer timer = set(10ms, 'a'); }
    expect_after(1s, "");
  }

  void moved_token_keeps_its_timer_and_drops_the_old_one() {
    Timer first = set(10ms, 'a'), second = set(10ms, 'b');
    second = std::move(first);
    CPPUNIT_ASSERT(second.active() && !first.active());
    expect_after(10ms, "a");
  }

  void detached_timer_goes_on() {
    Timer timer = set(10ms, 'a');
    const Timer_Id id = timer.detach();
    CPPUNIT_ASSERT(!timer.active() && timers_.contains(id));
    timer = Timer{};
    expect_after(10ms, "a");
  }

  void cancel_tells_whether_there_was_anything_to_cancel() {
    Timer timer = set(10ms, 'a');
    CPPUNIT_ASSERT(timer.cancel());
    CPPUNIT_ASSERT(!timer.cancel() && !timer.reset(1ms) && !Timer{}.cancel());
    Timer fired = set(10ms, 'b');
    expect_after(10ms, "b");
    CPPUNIT_ASSERT(!fired.cancel());
  }

  void reset_counts_from_now() {
    Timer timer = set(10ms, 'a');
    expect_after(6ms, "");
    CPPUNIT_ASSERT(timer.reset(10ms));
    expect_after(9ms, "");
    expect_after(1ms, "a");
  }

  void token_may_be_destroyed_in_its_own_upcall() {
    std::optional<Timer> timer;
    timer.emplace(timers_, schedule(10ms, [&] { trace_ += 'a', timer.reset(); }, 10ms));
    expect_after(10ms, "a");
    expect_after(1s, "");
  }

  void token_is_active_until_its_last_upcall_has_returned() {
    Timer timer;
    timer = Timer{timers_, schedule(10ms, [&] { trace_ += timer.active() ? 'a' : 'x'; })};
    expect_after(10ms, "a");
    CPPUNIT_ASSERT(!timer.active());
  }

 private:
  Timer set(ms after, char mark) { return Timer{timers_, schedule(after, mark)}; }
};
CPPUNIT_TEST_SUITE_REGISTRATION(Timer_Test);
