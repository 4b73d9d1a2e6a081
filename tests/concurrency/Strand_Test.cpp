// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Strand.h>

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/concurrency/Thread_Pool.h>
#include <strata/logging/Log_System.h>

#include <strata_test/Scale.h>

namespace {

using strata::Strand;
using strata::Thread_Pool;

class Strand_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Strand_Test);
  CPPUNIT_TEST(callbacks_of_one_never_overlap_and_keep_their_order);
  CPPUNIT_TEST(two_strands_run_at_once);
  CPPUNIT_TEST(full_it_refuses);
  CPPUNIT_TEST(what_waits_runs_though_the_strand_has_gone);
  CPPUNIT_TEST(what_waits_runs_though_the_pool_stops);
  CPPUNIT_TEST(one_that_posts_to_itself_ends_with_the_pool);
  CPPUNIT_TEST(a_pool_that_takes_no_more_is_told);
  CPPUNIT_TEST(a_callback_that_throws_ends_nothing);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<Thread_Pool> pool_;

  void open(unsigned threads, std::size_t capacity = 1024) {
    pool_ = std::move(*Thread_Pool::open({.threads = threads, .capacity = capacity}));
  }
  void start() { CPPUNIT_ASSERT(pool_->start().has_value()); }

 public:
  void setUp() override { strata::Log_System::process().set_level("", strata::Log_Level::off); }
  void tearDown() override { pool_.reset(); }

  void callbacks_of_one_never_overlap_and_keep_their_order() {
    const auto each = static_cast<int>(strata_test::count(1'000'000));
    open(3), start();
    Strand strand{*pool_};
    int inside = 0;
    std::vector<int> last(2, -1);  // no lock: the strand is one
    int ran = 0;
    {
      std::vector<std::jthread> producers;
      for (std::size_t who : {0U, 1U}) {
        producers.emplace_back([&, who] {
          for (int i = 0; i < each; ++i) {
            const auto one = [&, who, i] {
              CPPUNIT_ASSERT_EQUAL(0, inside++);
              CPPUNIT_ASSERT_EQUAL(i - 1, std::exchange(last[who], i));
              ++ran, --inside;
            };
            while (!strand.post(one)) std::this_thread::yield();
          }
        });
      }
    }
    pool_->stop();
    CPPUNIT_ASSERT_EQUAL(2 * each, ran);
  }

  void two_strands_run_at_once() {
    open(2), start();
    Strand first{*pool_}, second{*pool_};
    std::latch together{3};
    CPPUNIT_ASSERT(first.post([&] {
      CPPUNIT_ASSERT(first.inside() && !second.inside());
      together.arrive_and_wait();
    }).has_value());
    CPPUNIT_ASSERT(second.post([&] { together.arrive_and_wait(); }).has_value());
    together.arrive_and_wait();
    CPPUNIT_ASSERT(!first.inside());
    pool_->stop();
  }

  void full_it_refuses() {
    open(1);
    Strand strand{*pool_, 2};
    CPPUNIT_ASSERT(strand.post([] {}).has_value());
    CPPUNIT_ASSERT(strand.post([] {}).has_value());
    CPPUNIT_ASSERT(strand.post([] {}).error() == std::errc::no_buffer_space);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, strand.waiting());
  }

  void what_waits_runs_though_the_strand_has_gone() {
    open(1);
    int ran = 0;
    {
      Strand strand{*pool_};
      for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(strand.post([&ran] { ++ran; }).has_value());
    }
    start();
    pool_->stop();
    CPPUNIT_ASSERT_EQUAL(100, ran);
  }

  void what_waits_runs_though_the_pool_stops() {
    open(1), start();
    Strand strand{*pool_};
    std::latch begun{1}, go{1};
    int ran = 0;
    CPPUNIT_ASSERT(strand.post([&] {
      begun.count_down();
      go.wait();
    }).has_value());
    begun.wait();
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(strand.post([&ran] { ++ran; }).has_value());
    std::jthread stopper{[&] { pool_->stop(); }};
    while (pool_->post([] {})) std::this_thread::yield();  // until it refuses
    go.count_down();
    stopper.join();
    CPPUNIT_ASSERT_EQUAL(100, ran);
    CPPUNIT_ASSERT(strand.post([] {}).error() == strata::errc::stopping);
  }

  void one_that_posts_to_itself_ends_with_the_pool() {
    open(1), start();
    Strand strand{*pool_};
    std::latch begun{1};
    struct Again {
      Strand& strand;
      std::latch& begun;
      void operator()() {
        if (!begun.try_wait()) begun.count_down();
        (void)strand.post(Again{strand, begun});
      }
    };
    CPPUNIT_ASSERT(strand.post(Again{strand, begun}).has_value());
    begun.wait();
    pool_->stop();
    CPPUNIT_ASSERT(strand.post([] {}).error() == strata::errc::stopping);
  }

  void a_pool_that_takes_no_more_is_told() {
    open(1, 1);
    Strand first{*pool_}, second{*pool_};
    int ran = 0;
    CPPUNIT_ASSERT(first.post([] {}).has_value());
    strata::Callback mine{[&ran] { ++ran; }};
    CPPUNIT_ASSERT(second.post(std::move(mine)).error() == std::errc::no_buffer_space);
    mine();
    CPPUNIT_ASSERT_EQUAL(1, ran);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, second.waiting());
  }

  void a_callback_that_throws_ends_nothing() {
    open(1);
    Strand strand{*pool_};
    int ran = 0;
    CPPUNIT_ASSERT(strand.post([] { throw std::runtime_error{"no"}; }).has_value());
    CPPUNIT_ASSERT(strand.post([&ran] { ++ran; }).has_value());
    start();
    pool_->stop();
    CPPUNIT_ASSERT_EQUAL(1, ran);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Strand_Test);
