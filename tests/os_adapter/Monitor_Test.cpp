// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Monitor.h>

#include <atomic>
#include <mutex>
#include <vector>

#include <strata/os/Thread.h>
#include <strata_test/Scale.h>

#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;

class Monitor_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Monitor_Test);
  CPPUNIT_TEST(what_is_held_is_not_given_twice);
  CPPUNIT_TEST(threads_that_fight_for_it_lose_no_addition);
  CPPUNIT_TEST(a_wait_ends_with_its_timeout);
  CPPUNIT_TEST(one_is_woken_by_one_call_and_all_by_the_other);
  CPPUNIT_TEST(a_message_is_handed_back_and_forth);
  CPPUNIT_TEST(parking_ends_at_once_where_the_word_is_another);
  CPPUNIT_TEST_SUITE_END();

 public:
  void what_is_held_is_not_given_twice() {
    os::Monitor monitor;
    CPPUNIT_ASSERT(monitor.try_lock());
    CPPUNIT_ASSERT(!monitor.try_lock());
    monitor.unlock();
    CPPUNIT_ASSERT(monitor.try_lock());
    monitor.unlock();
  }

  void threads_that_fight_for_it_lose_no_addition() {
    os::Monitor monitor;
    const std::uint64_t each = count(1'000'000);
    std::uint64_t total = 0;
    {
      std::vector<os::Thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.push_back(value_of(os::spawn("adds", [&] {
          for (std::uint64_t n = 0; n < each; ++n) {
            const std::lock_guard held{monitor};
            ++total;
          }
        })));
      }
    }
    CPPUNIT_ASSERT_EQUAL(4 * each, total);
  }

  void a_wait_ends_with_its_timeout() {
    os::Monitor monitor;
    os::Condition never;
    const std::lock_guard held{monitor};
    never.wait(monitor, 1ms);
    CPPUNIT_ASSERT_EQUAL(0u, never.waiting());
  }

  void one_is_woken_by_one_call_and_all_by_the_other() {
    os::Monitor monitor;
    os::Condition condition, arrived;
    int tokens = 0, taken = 0;
    std::vector<os::Thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.push_back(value_of(os::spawn("takes", [&] {
        const std::lock_guard held{monitor};
        while (tokens == 0) condition.wait(monitor);
        --tokens;
        ++taken;
        arrived.notify_one();
      })));
    }
    std::unique_lock held{monitor};
    tokens = 1;
    condition.notify_one();
    while (taken != 1) arrived.wait(monitor);
    tokens = 3;
    condition.notify_all();
    while (taken != 4) arrived.wait(monitor);
  }

  void a_message_is_handed_back_and_forth() {
    os::Monitor monitor;
    os::Condition changed;
    const std::uint64_t times = count(1'000'000);
    std::uint64_t turn = 0;
    const auto play = [&](std::uint64_t parity) {
      const std::lock_guard held{monitor};
      for (std::uint64_t i = 0; i < times; ++i) {
        while (turn % 2 != parity) changed.wait(monitor);
        ++turn;
        changed.notify_one();
      }
    };
    os::Thread other = value_of(os::spawn("plays", [&] { play(1); }));
    play(0);
    other.join();
    CPPUNIT_ASSERT_EQUAL(2 * times, turn);
  }

  void parking_ends_at_once_where_the_word_is_another() {
    const std::atomic<std::uint32_t> word{1};
    os::park(word, 2);
    os::unpark(word, 1);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Monitor_Test);

}  // namespace
