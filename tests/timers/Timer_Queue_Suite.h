// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/timers/Timer_Node.h>
#include <strata/timers/Timer_Queue.h>
#include <strata_test/Failing_New.h>

/// What every Timer_Queue does. A test names its timers by numbers; `fired()` tells what fired since it was last asked.
template <class Queue>
class Timer_Queue_Suite : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Timer_Queue_Suite);
  CPPUNIT_TEST(timers_fire_by_tick_and_then_in_the_order_of_filing);
  CPPUNIT_TEST(nothing_fires_a_tick_early);
  CPPUNIT_TEST(refreshed_timer_fires_at_its_last_deadline_only);
  CPPUNIT_TEST(refresh_files_anew_among_equals);
  CPPUNIT_TEST(refreshed_timers_of_one_tick_fire_in_the_order_of_refreshing);
  CPPUNIT_TEST(deadline_in_the_past_fires_in_the_next_expire_by_its_tick);
  CPPUNIT_TEST(what_an_upcall_files_for_now_fires_in_the_next_expire);
  CPPUNIT_TEST(what_an_upcall_refreshes_to_now_fires_in_the_next_expire);
  CPPUNIT_TEST(timer_cancelled_by_another_of_its_tick_never_fires);
  CPPUNIT_TEST(timer_of_a_later_tick_cancelled_by_an_upcall_never_fires);
  CPPUNIT_TEST(all_the_rest_of_a_batch_may_be_cancelled_by_its_first);
  CPPUNIT_TEST(the_newest_of_a_tick_may_be_cancelled_all_together);
  CPPUNIT_TEST(node_may_be_destroyed_by_its_own_expiry);
  CPPUNIT_TEST(each_kind_reaches_its_own_function);
  CPPUNIT_TEST(largest_deadline_is_the_last_tick);
  CPPUNIT_TEST(clock_that_jumps_ten_years_fires_all_in_order);
  CPPUNIT_TEST(clock_that_goes_back_counts_as_standing);
  CPPUNIT_TEST(million_timers_due_at_once_fire_in_the_order_of_filing);
  CPPUNIT_TEST(nearest_says_when_to_expire_next);
  CPPUNIT_TEST(every_filed_node_is_visited_once_also_from_an_upcall);
  CPPUNIT_TEST(timer_that_finds_no_memory_stays_unfiled);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 protected:
  using Numbers = std::vector<int>;
  struct Numbered : strata::Timer_Node {
    explicit Numbered(int n) : number(n) {}
    int number;
  };

 public:
  void setUp() override {
    for (unsigned kind = 0; kind < strata::Timer_Queue::kinds; ++kind) {
      queue_.set_expiry(kind, [](void* self, strata::Timer_Node& node) noexcept {
        auto& suite = *static_cast<Timer_Queue_Suite*>(self);
        const int number = static_cast<Numbered&>(node).number;
        suite.fired_.push_back(number);
        if (suite.upcall_) suite.upcall_(number);
      }, this);
    }
  }
  void tearDown() override {
    upcall_ = nullptr;
    for (auto& timer : timers_) {
      if (timer && timer->filed()) queue_.cancel(*timer);
    }
  }

  void timers_fire_by_tick_and_then_in_the_order_of_filing() {
    schedule(0, 7), schedule(1, 5), schedule(2, 7), schedule(3, 300), schedule(4, 5);
    expect_fired(10, {1, 4, 0, 2});
    expect_fired(300, {3});
  }

  void nothing_fires_a_tick_early() {
    for (const strata::Tick deadline : {1u, 255u, 256u, 257u, 65535u, 65536u, 16777216u}) {
      schedule(0, deadline);
      expect_fired(deadline - 1, {});
      expect_fired(deadline, {0});
    }
  }

  void refreshed_timer_fires_at_its_last_deadline_only() {
    schedule(0, 10);
    refresh(0, 500);
    expect_fired(499, {});
    refresh(0, 70'000), refresh(0, 600);
    expect_fired(599, {});
    expect_fired(600, {0});
    expect_fired(100'000, {});
  }

  void refresh_files_anew_among_equals() {
    schedule(0, 10), schedule(1, 10), schedule(2, 10);
    refresh(0, 10);
    expect_fired(10, {1, 2, 0});
  }

  void refreshed_timers_of_one_tick_fire_in_the_order_of_refreshing() {
    for (int i = 0; i < 100; ++i) schedule(i, 10);
    Numbers order(100);
    for (int i = 0; i < 100; ++i) order[static_cast<std::size_t>(i)] = i * 37 % 100;
    for (const int i : order) refresh(i, 400);
    expect_fired(399, {});
    expect_fired(400, order);
  }

  void deadline_in_the_past_fires_in_the_next_expire_by_its_tick() {
    expect_fired(1000, {});
    schedule(0, 900), schedule(1, 0), schedule(2, 1000), schedule(3, 900);
    expect_fired(1000, {1, 0, 3, 2});
  }

  void what_an_upcall_files_for_now_fires_in_the_next_expire() {
    schedule(0, 5), schedule(1, 8);
    upcall_ = [this](int number) {
      if (number == 0) schedule(2, 0), schedule(3, 7), schedule(0, 10);
    };
    expect_fired(10, {0, 1});
    CPPUNIT_ASSERT(queue_.nearest() <= 10);
    upcall_ = nullptr;
    expect_fired(10, {2, 3, 0});
  }

  void what_an_upcall_refreshes_to_now_fires_in_the_next_expire() {
    schedule(0, 5), schedule(1, 5), schedule(2, 5), schedule(3, 9), schedule(4, 20);
    upcall_ = [this](int number) {
      if (number == 0) refresh(1, 5), refresh(2, 10), refresh(3, 2), refresh(4, 6);
    };
    expect_fired(10, {0});
    expect_fired(10, {3, 1, 4, 2});
  }

  void timer_cancelled_by_another_of_its_tick_never_fires() {
    schedule(0, 5), schedule(1, 5), schedule(2, 5);
    upcall_ = [this](int number) {
      if (number == 0) queue_.cancel(timer(1));
    };
    expect_fired(100'000, {0, 2});
  }

  void timer_of_a_later_tick_cancelled_by_an_upcall_never_fires() {
    schedule(0, 5), schedule(1, 6), schedule(2, 70'000);
    upcall_ = [this](int) { queue_.cancel(timer(1)), queue_.cancel(timer(2)); };
    expect_fired(100'000, {0});
  }

  void all_the_rest_of_a_batch_may_be_cancelled_by_its_first() {
    for (int i = 0; i < 200; ++i) schedule(i, 5);
    upcall_ = [this](int) {
      for (int i = 1; i < 200; ++i) queue_.cancel(timer(i));
      for (int i = 1; i < 200; ++i) schedule(i, 6);
    };
    expect_fired(5, {0});
    upcall_ = nullptr;
    expect_fired(6, up_to(1, 200));
    for (int i = 0; i < 2000; ++i) schedule(i, 10 + static_cast<strata::Tick>(i) / 100);
    expect_fired(100, up_to(0, 2000));
  }

  void the_newest_of_a_tick_may_be_cancelled_all_together() {
    for (int i = 0; i < 128; ++i) schedule(i, 50);
    for (int i = 40; i < 128; ++i) queue_.cancel(timer(i));
    for (int i = 40; i < 200; ++i) schedule(i, 50);
    for (int i = 0; i < 35; ++i) queue_.cancel(timer(i));
    expect_fired(50, up_to(35, 200));
  }

  void node_may_be_destroyed_by_its_own_expiry() {
    schedule(0, 5), schedule(1, 5);
    upcall_ = [this](int number) { timers_[static_cast<std::size_t>(number)].reset(); };
    expect_fired(5, {0, 1});
  }

  void each_kind_reaches_its_own_function() {
    std::size_t calls[strata::Timer_Queue::kinds] = {};
    for (unsigned kind = 0; kind < strata::Timer_Queue::kinds; ++kind) {
      queue_.set_expiry(
          kind, [](void* count, strata::Timer_Node&) noexcept { ++*static_cast<std::size_t*>(count); }, &calls[kind]);
      for (unsigned i = 0; i <= kind; ++i) {
        CPPUNIT_ASSERT(queue_.schedule(timer(static_cast<int>(8 * kind + i)), 5, kind).has_value());
      }
    }
    queue_.expire(5);
    for (unsigned kind = 0; kind < strata::Timer_Queue::kinds; ++kind) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{kind + 1}, calls[kind]);
    }
  }

  void largest_deadline_is_the_last_tick() {
    schedule(0, ~strata::Tick{0}), schedule(1, strata::max_tick);
    refresh(0, ~strata::Tick{0});
    CPPUNIT_ASSERT_EQUAL(strata::max_tick, timer(0).deadline());
    expect_fired(strata::max_tick - 1, {});
    expect_fired(~strata::Tick{0}, {1, 0});
  }

  void clock_that_jumps_ten_years_fires_all_in_order() {
    constexpr strata::Tick ten_years = 10ull * 365 * 24 * 3600 * 1000;
    Numbers order;
    for (int i = 0; i < 40; ++i) schedule(i, (strata::Tick{1} << i) - 1), order.push_back(i);
    const auto due = std::find_if(order.begin(), order.end(), [&](int i) { return timer(i).deadline() > ten_years; });
    expect_fired(ten_years, Numbers(order.begin(), due));
    schedule(50, ten_years + 3);
    expect_fired(ten_years + 2, {});
    expect_fired(ten_years + 3, {50});
  }

  void clock_that_goes_back_counts_as_standing() {
    expect_fired(1000, {});
    schedule(0, 1000), schedule(1, 1001);
    expect_fired(3, {0});
    CPPUNIT_ASSERT_EQUAL(strata::Tick{1000}, queue_.now());
  }

  void million_timers_due_at_once_fire_in_the_order_of_filing() {
    constexpr int million = 1'000'000;
    for (int i = 0; i < million; ++i) schedule(i, 90'000);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, queue_.expire(89'999));
    CPPUNIT_ASSERT_EQUAL(std::size_t{million}, queue_.expire(90'000));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, queue_.size());
    CPPUNIT_ASSERT(std::is_sorted(fired_.begin(), fired_.end()));
  }

  void nearest_says_when_to_expire_next() {
    CPPUNIT_ASSERT_EQUAL(strata::max_tick, queue_.nearest());
    schedule(0, 100'000'000);
    int wakes = 0;
    for (; fired_.empty(); ++wakes) {
      CPPUNIT_ASSERT(queue_.nearest() <= 100'000'000);
      queue_.expire(queue_.nearest());
    }
    CPPUNIT_ASSERT_EQUAL(strata::Tick{100'000'000}, queue_.now());
    CPPUNIT_ASSERT(wakes <= 6);
    CPPUNIT_ASSERT_EQUAL(strata::max_tick, queue_.nearest());
  }

  void every_filed_node_is_visited_once_also_from_an_upcall() {
    for (int i = 0; i < 100; ++i) schedule(i, i < 50 ? 5 : static_cast<strata::Tick>(i) * 1000);
    CPPUNIT_ASSERT(up_to(0, 100) == visited());
    Numbers seen;
    upcall_ = [&](int number) {
      if (number == 9) seen = visited();
    };
    queue_.expire(5);
    CPPUNIT_ASSERT(up_to(10, 100) == seen);
  }

  void timer_that_finds_no_memory_stays_unfiled() {
    {
      const strata_test::Failing_New failing;
      const strata::Result<> filed = queue_.schedule(timer(0), 5, 0);
      CPPUNIT_ASSERT(!filed.has_value() && filed.error() == std::errc::not_enough_memory);
    }
    CPPUNIT_ASSERT(!timer(0).filed());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, queue_.size());
    schedule(0, 5);
    expect_fired(5, {0});
  }

 protected:
  Numbered& timer(int number) {
    const auto index = static_cast<std::size_t>(number);
    while (timers_.size() <= index) timers_.push_back(std::make_unique<Numbered>(static_cast<int>(timers_.size())));
    return *timers_[index];
  }
  void schedule(int number, strata::Tick deadline) {
    CPPUNIT_ASSERT(queue_.schedule(timer(number), deadline, static_cast<unsigned>(number) % 8).has_value());
  }
  void refresh(int number, strata::Tick deadline) { queue_.refresh(timer(number), deadline); }

  void expect_fired(strata::Tick now, const Numbers& expected) {
    fired_.clear();
    const std::size_t count = queue_.expire(now);
    CPPUNIT_ASSERT_EQUAL_MESSAGE("at " + std::to_string(now), text(expected), text(fired_));
    CPPUNIT_ASSERT_EQUAL(expected.size(), count);
  }
  static std::string text(const Numbers& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), std::string(),
                           [](const std::string& all, int n) { return all + ' ' + std::to_string(n); });
  }
  static Numbers up_to(int from, int to) {
    Numbers numbers(static_cast<std::size_t>(to - from));
    std::iota(numbers.begin(), numbers.end(), from);
    return numbers;
  }
  Numbers visited() {
    Numbers seen;
    queue_.for_each([&](strata::Timer_Node& node, unsigned kind) {
      const int number = static_cast<Numbered&>(node).number;
      if (static_cast<unsigned>(number) % 8 == kind) seen.push_back(number);
    });
    std::sort(seen.begin(), seen.end());
    return seen;
  }

  Queue queue_;
  std::vector<std::unique_ptr<Numbered>> timers_;
  Numbers fired_;
  std::function<void(int)> upcall_;
};
