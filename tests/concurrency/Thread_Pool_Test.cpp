// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Thread_Pool.h>

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/logging/Log_System.h>

#include <strata_test/Scale.h>

#include "Two_Threads.h"

namespace {

using namespace std::chrono_literals;
using strata::Callback;
using strata::Thread_Pool;
using strata::Thread_Pool_Options;
using strata::Time_Point;

class Thread_Pool_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Thread_Pool_Test);
  CPPUNIT_TEST(what_is_posted_runs_once_whoever_posts);
  CPPUNIT_TEST(its_threads_run_at_once);
  CPPUNIT_TEST(what_waits_at_the_stop_still_runs);
  CPPUNIT_TEST(after_the_stop_it_refuses);
  CPPUNIT_TEST(full_it_refuses_and_the_callback_stays);
  CPPUNIT_TEST(a_post_with_a_deadline_waits_for_room);
  CPPUNIT_TEST(its_own_threads_do_not_wait_for_each_other);
  CPPUNIT_TEST(a_thread_that_has_not_begun_counts_as_one_that_goes_on);
  CPPUNIT_TEST(a_callback_that_throws_is_counted);
  CPPUNIT_TEST(never_started_it_frees_what_waits);
  CPPUNIT_TEST(where_a_thread_does_not_start_none_is_left);
  CPPUNIT_TEST(a_pool_of_nothing_is_refused);
  CPPUNIT_TEST_SUITE_END();

  static std::unique_ptr<Thread_Pool> started(const Thread_Pool_Options& options) {
    auto pool = std::move(*Thread_Pool::open(options));
    CPPUNIT_ASSERT(pool->start().has_value());
    return pool;
  }
  /// Keeps all threads of a pool until it goes.
  class Plug {
   public:
    explicit Plug(Thread_Pool& pool) {
      auto all = std::make_shared<std::latch>(pool.threads());
      for (unsigned i = 0; i < pool.threads(); ++i) {
        CPPUNIT_ASSERT(pool.post([this, all] {
          all->count_down();
          out_.wait();
        }, Thread_Pool::forever).has_value());
      }
      all->wait();
    }
    void pull() {
      if (!std::exchange(pulled_, true)) out_.count_down();
    }
    ~Plug() { pull(); }

   private:
    std::latch out_{1};
    bool pulled_ = false;
  };

 public:
  void setUp() override { strata::Log_System::process().set_level("", strata::Log_Level::off); }

  void what_is_posted_runs_once_whoever_posts() {
    const auto each = static_cast<int>(strata_test::count(1'000'000));
    std::vector<std::atomic<int>> ran(static_cast<std::size_t>(2 * each));
    {
      const auto pool = started({.threads = 3, .capacity = 64});
      std::vector<std::jthread> producers;
      for (int first : {0, each}) {
        producers.emplace_back([&, first] {
          for (int i = first; i < first + each; ++i) {
            CPPUNIT_ASSERT(pool->post([&ran, i] { ++ran[static_cast<std::size_t>(i)]; }, Thread_Pool::forever));
          }
        });
      }
    }
    for (const auto& times : ran) CPPUNIT_ASSERT_EQUAL(1, times.load());
  }

  void its_threads_run_at_once() {
    const auto pool = started({.threads = 3});
    std::latch together{4};
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(pool->post([&] { together.arrive_and_wait(); }).has_value());
    together.arrive_and_wait();
    pool->stop();
  }

  void what_waits_at_the_stop_still_runs() {
    int ran = 0;
    const auto pool = started({.threads = 1});
    Plug plug{*pool};
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(pool->post([&ran] { ++ran; }).has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, pool->waiting());
    plug.pull();
    pool->stop();
    CPPUNIT_ASSERT_EQUAL(100, ran);
  }

  void after_the_stop_it_refuses() {
    const auto pool = started({});
    pool->stop();
    pool->stop();
    CPPUNIT_ASSERT(pool->post([] {}).error() == strata::errc::stopping);
    CPPUNIT_ASSERT(pool->post([] {}, Thread_Pool::forever).error() == strata::errc::stopping);
  }

  void full_it_refuses_and_the_callback_stays() {
    const auto pool = started({.threads = 1, .capacity = 1});
    Plug plug{*pool};
    CPPUNIT_ASSERT(pool->post([] {}).has_value());
    int ran = 0;
    Callback mine{[&ran] { ++ran; }};
    CPPUNIT_ASSERT(pool->post(std::move(mine)).error() == std::errc::no_buffer_space);
    CPPUNIT_ASSERT(pool->post(std::move(mine), strata::Clock::now() + 1ms).error() == std::errc::timed_out);
    mine();
    CPPUNIT_ASSERT_EQUAL(1, ran);
    plug.pull();
    pool->stop();
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }

  void a_post_with_a_deadline_waits_for_room() {
    const auto pool = started({.threads = 1, .capacity = 1});
    Plug plug{*pool};
    CPPUNIT_ASSERT(pool->post([] {}).has_value());
    std::atomic<bool> ran{false};
    std::jthread waits{[&] {
      CPPUNIT_ASSERT(pool->post([&ran] { ran = true; }, Thread_Pool::forever - 1ns).has_value());
    }};
    plug.pull();
    waits.join();
    pool->stop();
    CPPUNIT_ASSERT(ran.load());
  }

  void its_own_threads_do_not_wait_for_each_other() {
    const auto pool = started({.threads = 2, .capacity = 1});
    std::latch both{2}, ended{2};
    std::atomic<int> refused{0}, ran{0};
    Plug plug{*pool};
    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT(pool->post([&] {
        both.arrive_and_wait();
        for (int n = 0; n < 2; ++n) {  // three of the four find the queue full: who could make room is one of the two
          const auto posted = pool->post([&ran] { ++ran; }, Thread_Pool::forever);
          if (posted) continue;
          CPPUNIT_ASSERT(posted.error() == std::errc::resource_deadlock_would_occur);
          ++refused;
        }
        ended.count_down();
      }, i == 0 ? Thread_Pool::forever : (plug.pull(), Thread_Pool::forever)).has_value());
    }
    ended.wait();
    pool->stop();
    CPPUNIT_ASSERT(refused >= 1);
    CPPUNIT_ASSERT_EQUAL(4, refused + ran);
  }

  void a_thread_that_has_not_begun_counts_as_one_that_goes_on() {
    for (int i = 0; i < 50; ++i) {
      std::atomic<int> refused{0};
      auto pool = std::move(*Thread_Pool::open({.threads = 8, .capacity = 1}));
      CPPUNIT_ASSERT(pool->post([&] {
        for (int n = 0; n < 3; ++n) refused += pool->post([] {}, Thread_Pool::forever) ? 0 : 1;
      }).has_value());
      CPPUNIT_ASSERT(pool->start().has_value());
      while (pool->running() != 0 || pool->waiting() != 0) std::this_thread::yield();
      pool->stop();
      CPPUNIT_ASSERT_EQUAL(0, refused.load());
    }
  }

  void a_callback_that_throws_is_counted() {
    const auto pool = started({.threads = 1});
    CPPUNIT_ASSERT(pool->post([] { throw std::runtime_error{"no"}; }).has_value());
    CPPUNIT_ASSERT(pool->post([] { throw 1; }).has_value());
    pool->stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, pool->exceptions());
  }

  void never_started_it_frees_what_waits() {
    auto held = std::make_shared<int>(0);
    auto pool = std::move(*Thread_Pool::open({.threads = 1}));
    CPPUNIT_ASSERT(pool->post([held] { ++*held; }).has_value());
    CPPUNIT_ASSERT_EQUAL(2L, held.use_count());
    pool.reset();
    CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
    CPPUNIT_ASSERT_EQUAL(0, *held);
  }

  void where_a_thread_does_not_start_none_is_left() {
    const strata_test::Two_Threads only;
    auto pool = std::move(*Thread_Pool::open({.threads = 4}));
    CPPUNIT_ASSERT(pool->start().error() == std::errc::resource_unavailable_try_again);
    CPPUNIT_ASSERT(pool->post([] {}).error() == strata::errc::stopping);
  }

  void a_pool_of_nothing_is_refused() {
    CPPUNIT_ASSERT(Thread_Pool::open({.threads = 0}).error() == std::errc::invalid_argument);
    CPPUNIT_ASSERT(Thread_Pool::open({.capacity = 0}).error() == std::errc::invalid_argument);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Thread_Pool_Test);
