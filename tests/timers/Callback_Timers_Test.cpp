// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Callback_Timers.h>

#include <memory>
#include <optional>
#include <vector>
#include <strata_test/Failing_New.h>

#include "Timers_Fixture.h"

using namespace strata;
using namespace std::chrono_literals;

class Callback_Timers_Test : public Timers_Fixture {
  CPPUNIT_TEST_SUITE(Callback_Timers_Test);
  CPPUNIT_TEST(timers_fire_once_in_order_and_not_early);
  CPPUNIT_TEST(zero_and_negative_delays_fire_in_the_next_expire);
  CPPUNIT_TEST(the_longest_delay_waits);
  CPPUNIT_TEST(cancelled_timer_never_fires_and_its_id_is_stale);
  CPPUNIT_TEST(id_of_a_reused_slot_is_a_new_one);
  CPPUNIT_TEST(periodic_timer_fires_at_every_interval_without_drift);
  CPPUNIT_TEST(late_periodic_timer_fires_once_and_skips_what_it_missed);
  CPPUNIT_TEST(periodic_timer_cancelled_in_its_own_upcall_never_fires_again);
  CPPUNIT_TEST(periodic_timer_reset_in_its_own_upcall_goes_on_from_there);
  CPPUNIT_TEST(periodic_timer_of_the_longest_interval_fires_once);
  CPPUNIT_TEST(timer_cancelled_in_its_own_upcall_is_stale_at_once);
  CPPUNIT_TEST(timer_reset_in_its_own_upcall_fires_again);
  CPPUNIT_TEST(timer_set_in_an_upcall_does_not_take_the_running_record);
  CPPUNIT_TEST(reset_moves_a_timer_to_and_fro);
  CPPUNIT_TEST(deadline_tells_when_it_fires_next);
  CPPUNIT_TEST(captures_die_with_their_timer);
  CPPUNIT_TEST(captures_that_die_may_cancel_other_timers);
  CPPUNIT_TEST(every_timer_is_visited_once);
  CPPUNIT_TEST(used_records_serve_again_without_memory);
  CPPUNIT_TEST(a_timer_without_memory_or_callback_is_refused);
  CPPUNIT_TEST(the_upcall_is_told_its_id_and_owner);
  CPPUNIT_TEST_SUITE_END();

 public:
  void timers_fire_once_in_order_and_not_early() {
    schedule(20ms, 'c'), schedule(10ms, 'a'), schedule(10ms, 'b');
    expect_after(9ms + 999us, "");
    expect_after(1us, "ab");
    expect_after(10ms, "c");
    expect_after(1h, "");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, timers_.size());
  }

  void zero_and_negative_delays_fire_in_the_next_expire() {
    schedule(0ms, 'a'), schedule(-5ms, [this] { trace_ += 'b', schedule(0ms, 'c'); });
    expect_after(0ms, "ab");
    expect_after(0ms, "c");
  }

  void the_longest_delay_waits() {
    const auto id = timers_.schedule(now_, Duration::max(), writes('a'));
    CPPUNIT_ASSERT(Time_Point::max() == timers_.deadline(*id));
    expect_after(100h, "");
    CPPUNIT_ASSERT(timers_.cancel(*id));
  }

  void cancelled_timer_never_fires_and_its_id_is_stale() {
    const Timer_Id id = schedule(10ms, 'a');
    CPPUNIT_ASSERT(timers_.contains(id) && timers_.cancel(id));
    CPPUNIT_ASSERT(!timers_.contains(id) && !timers_.cancel(id) && !timers_.reset(id, now_, 1ms));
    CPPUNIT_ASSERT(!timers_.cancel(Timer_Id{}) && !timers_.cancel({7000, 1}));
    expect_after(1s, "");
  }

  void id_of_a_reused_slot_is_a_new_one() {
    const Timer_Id first = schedule(10ms, 'a');
    timers_.cancel(first);
    const Timer_Id second = schedule(10ms, 'b');
    CPPUNIT_ASSERT(first != second && first.slot == second.slot);
    CPPUNIT_ASSERT(!timers_.cancel(first));
    expect_after(10ms, "b");
  }

  void periodic_timer_fires_at_every_interval_without_drift() {
    schedule(10ms, 'p', 3ms);
    for (int i = 0; i < 1000; ++i) expect_after(i == 0 ? 10ms : 3ms, "p");
    expect_after(2ms, "");
    const auto id = timers_.schedule(now_, 1500us, writes('q'), 1500us);
    expect_after(15ms, "pq");
    CPPUNIT_ASSERT(now_ + 1500us == timers_.deadline(*id));
  }

  void late_periodic_timer_fires_once_and_skips_what_it_missed() {
    schedule(10ms, 'p', 10ms);
    expect_after(57ms, "p");
    expect_after(2ms, "");
    expect_after(1ms, "p");
  }

  void periodic_timer_cancelled_in_its_own_upcall_never_fires_again() {
    Timer_Id id;
    id = schedule(10ms, [&] { trace_ += timers_.cancel(id) && !timers_.cancel(id) ? 'c' : 'x'; }, 10ms);
    expect_after(10ms, "c");
    expect_after(1s, "");
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, timers_.size() + queue_.size());
  }

  void periodic_timer_reset_in_its_own_upcall_goes_on_from_there() {
    Timer_Id id;
    id = schedule(10ms, [&, first = true]() mutable {
      trace_ += 'p';
      if (std::exchange(first, false)) timers_.reset(id, now_, 25ms);
    }, 10ms);
    expect_after(10ms, "p");
    expect_after(24ms, "");
    expect_after(1ms, "p");
    expect_after(10ms, "p");
  }

  void periodic_timer_of_the_longest_interval_fires_once() {
    const auto id = timers_.schedule(now_, 1ms, writes('p'), Duration::max());
    expect_after(1ms, "p");
    CPPUNIT_ASSERT(Time_Point::max() == timers_.deadline(*id));
  }

  void timer_cancelled_in_its_own_upcall_is_stale_at_once() {
    auto held = std::make_shared<int>();
    Timer_Id id;
    id = schedule(10ms, [&, held] {
      trace_ += timers_.contains(id) && timers_.cancel(id) && !timers_.contains(id) ? 'c' : 'x';
      trace_ += held.use_count() == 2 ? 'h' : 'x';
    });
    expect_after(10ms, "ch");
    CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
    expect_after(1s, "");
  }

  void timer_reset_in_its_own_upcall_fires_again() {
    Timer_Id id;
    id = schedule(10ms, [&, left = 2]() mutable {
      trace_ += 'a';
      if (--left > 0) timers_.reset(id, now_, 10ms);
    });
    expect_after(10ms, "a");
    CPPUNIT_ASSERT(timers_.contains(id));
    expect_after(10ms, "a");
    CPPUNIT_ASSERT(!timers_.contains(id));
    expect_after(1s, "");
  }

  void timer_set_in_an_upcall_does_not_take_the_running_record() {
    Timer_Id id;
    id = schedule(1ms, [&] {
      timers_.cancel(id);
      const Timer_Id other = schedule(5ms, 'b');
      trace_ += other.slot != id.slot ? 'a' : 'x';
    });
    expect_after(1ms, "a");
    expect_after(5ms, "b");
  }

  void reset_moves_a_timer_to_and_fro() {
    const Timer_Id id = schedule(10ms, 'a');
    CPPUNIT_ASSERT(timers_.reset(id, now_, 50ms));
    expect_after(49ms, "");
    CPPUNIT_ASSERT(timers_.reset(id, now_, 100s) && timers_.reset(id, now_, 2ms));
    expect_after(1ms, "");
    expect_after(1ms, "a");
  }

  void deadline_tells_when_it_fires_next() {
    std::optional<Time_Point> inside = now_;
    Timer_Id id;
    id = schedule(10ms, [&] { inside = timers_.deadline(id); });
    CPPUNIT_ASSERT(now_ + 10ms == timers_.deadline(id));
    pass(10ms);
    CPPUNIT_ASSERT(!inside.has_value() && !timers_.deadline(id).has_value());
  }

  void captures_die_with_their_timer() {
    auto held = std::make_shared<int>();
    const Timer_Id cancelled = schedule(10ms, [held] {});
    schedule(10ms, [held] {});
    timers_.cancel(cancelled);
    CPPUNIT_ASSERT_EQUAL(2L, held.use_count());
    pass(10ms);
    CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
  }

  void captures_that_die_may_cancel_other_timers() {
    const Timer_Id outer = schedule(10ms, [token = std::make_shared<Timer>(timers_, schedule(10ms, 'x'))] {});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, timers_.size());
    timers_.cancel(outer);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, timers_.size());
    schedule(10ms, [token = std::make_shared<Timer>(timers_, schedule(20ms, 'x'))] {});
    expect_after(1s, "");
  }

  void every_timer_is_visited_once() {
    const Timer_Id a = schedule(10ms, 'a'), b = schedule(20ms, 'b', 5ms);
    timers_.cancel(schedule(1ms, 'c'));
    std::vector<Timer_Id> seen;
    timers_.for_each([&](Timer_Id id, Time_Point deadline, Duration interval) {
      seen.push_back(id);
      CPPUNIT_ASSERT(deadline == now_ + (id == a ? 10ms : 20ms));
      CPPUNIT_ASSERT(interval == (id == a ? 0ms : 5ms));
    });
    CPPUNIT_ASSERT((seen == std::vector<Timer_Id>{a, b}));
  }

  void used_records_serve_again_without_memory() {
    std::vector<Timer_Id> ids(500);
    for (Timer_Id& id : ids) id = schedule(10ms, 'a');
    for (const Timer_Id id : ids) timers_.cancel(id);
    const strata_test::Failing_New failing;
    for (int round = 0; round < 10; ++round) {
      for (Timer_Id& id : ids) id = schedule(10ms, 'a');
      expect_after(10ms, std::string(500, 'a'));
    }
  }

  void a_timer_without_memory_or_callback_is_refused() {
    CPPUNIT_ASSERT(timers_.schedule(now_, 1ms, Callback{}).error() == std::errc::not_enough_memory);
    const strata_test::Failing_New failing;
    CPPUNIT_ASSERT(timers_.schedule(now_, 1ms, writes('a')).error() == std::errc::not_enough_memory);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, timers_.size() + queue_.size());
  }

  void the_upcall_is_told_its_id_and_owner() {
    const Timer_Id id = *timers_.schedule(now_, 1ms, writes('a'), {}, 77);
    pass(1ms);
    CPPUNIT_ASSERT(told_.id == id);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{77}, told_.owner);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Callback_Timers_Test);
