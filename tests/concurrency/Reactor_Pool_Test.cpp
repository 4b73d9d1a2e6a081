// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Reactor_Pool.h>

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <thread>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>
#include <strata_test/Descriptor_Guard.h>

namespace {

using strata::Reactor;
using strata::Reactor_Pool;

class Reactor_Pool_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Pool_Test);
  CPPUNIT_TEST(each_reactor_runs_in_a_thread_of_its_own);
  CPPUNIT_TEST(posts_that_were_accepted_run_before_the_stop);
  CPPUNIT_TEST(a_stop_may_come_twice_or_without_a_start);
  CPPUNIT_TEST(where_a_thread_does_not_start_none_is_left);
  CPPUNIT_TEST(a_failed_run_is_told_at_home);
  CPPUNIT_TEST(a_pool_of_none_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    guard_.emplace();
    main_ = std::move(*Reactor::open());
  }
  void tearDown() override {
    pool_.reset();
    main_.reset();
    guard_->check();
  }

  void each_reactor_runs_in_a_thread_of_its_own() {
    open(3);
    CPPUNIT_ASSERT(pool_->start().has_value());
    std::latch all{3}, done{3};
    for (Reactor* one : pool_->serving()) {
      CPPUNIT_ASSERT(one->post([&, one] {
        CPPUNIT_ASSERT(one->at_home());
        all.arrive_and_wait();  // no two are one thread
        done.count_down();
      }).has_value());
    }
    CPPUNIT_ASSERT(main_->post([&] {
      done.wait();
      main_->stop();
    }).has_value());
    CPPUNIT_ASSERT(main_->run().has_value());
  }

  void posts_that_were_accepted_run_before_the_stop() {
    open(2);
    CPPUNIT_ASSERT(pool_->start().has_value());
    std::atomic<int> ran{0};
    for (int i = 0; i < 10'000; ++i) {
      CPPUNIT_ASSERT(pool_->serving()[static_cast<std::size_t>(i % 2)]->post([&ran] { ++ran; }).has_value());
    }
    pool_->stop();
    CPPUNIT_ASSERT_EQUAL(10'000, ran.load());
  }

  void a_stop_may_come_twice_or_without_a_start() {
    open(2);
    pool_->stop();
    CPPUNIT_ASSERT(pool_->start().has_value());
    pool_->stop();
    pool_->stop();
  }

  void where_a_thread_does_not_start_none_is_left() {
    open(2);
    static std::atomic<int> starts;
    starts = 0;
    strata::os::Operations table = strata::os::operations();
    table.thread_start = [](const strata::os::Thread_Start& start) {
      if (++starts == 2) return -static_cast<strata::os::Raw>(std::errc::resource_unavailable_try_again);
      return strata::os::native_operations().thread_start(start);
    };
    const strata::os::Operations_Scope scope{table};
    const strata::Result<> started = pool_->start();
    CPPUNIT_ASSERT(!started && started.error() == std::errc::resource_unavailable_try_again);
    CPPUNIT_ASSERT(pool_->serving()[0]->at_home());  // nobody runs it
  }

  void a_failed_run_is_told_at_home() {
    static const auto home = std::this_thread::get_id();
    strata::os::Operations table = strata::os::operations();
    table.epoll_wait = [](strata::os::Handle epoll, epoll_event* events, int capacity, strata::Duration timeout) {
      if (std::this_thread::get_id() != home) return -static_cast<strata::os::Raw>(std::errc::io_error);
      return strata::os::native_operations().epoll_wait(epoll, events, capacity, timeout);
    };
    const strata::os::Operations_Scope scope{table};
    open(1, "epoll");
    std::error_code told;
    pool_->when_failed([&](Reactor& failed, std::error_code error) {
      if (&failed == pool_->serving()[0]) told = error;
      main_->stop();
    });
    CPPUNIT_ASSERT(pool_->start().has_value());
    CPPUNIT_ASSERT(main_->run().has_value());
    CPPUNIT_ASSERT(told == std::errc::io_error);
  }

  void a_pool_of_none_is_refused() {
    CPPUNIT_ASSERT(Reactor_Pool::open(*main_, 0).error() == std::errc::invalid_argument);
  }

 private:
  void open(unsigned reactors, const char* mechanism = "auto") {
    strata::Reactor_Options options;
    options.demultiplexer = mechanism;
    pool_ = std::move(*Reactor_Pool::open(*main_, reactors, options));
  }

  std::optional<strata_test::Descriptor_Guard> guard_;
  std::unique_ptr<Reactor> main_;
  std::unique_ptr<Reactor_Pool> pool_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Pool_Test);

}  // namespace
