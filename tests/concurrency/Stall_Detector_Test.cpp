// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Stall_Detector.h>

#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Socket.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata_test/Scale.h>
#include <strata_test/Virtual_Time.h>

namespace stall_test {

using namespace std::chrono_literals;
using strata::Dispatch;
using strata::Reactor;
using strata::Stall;

/// ThreadSanitizer delivers a signal only where it intercepts a call, as this one.
void wait_a_little() {
  static std::mutex mutex;
  const std::lock_guard held{mutex};
  std::this_thread::yield();
}

/// Blocks in its input until it is let go.
class Blocker final : public strata::Event_Handler {
 public:
  explicit Blocker(strata::os::Unique_Handle handle) : handle_(std::move(handle)) {}
  strata::os::Handle handle() const noexcept override { return handle_.get(); }
  strata::Result<> handle_input() override {
    inside = true;
    while (!go) wait_a_little();
    return strata::fail(strata::errc::end_of_stream);
  }
  std::atomic<bool> inside{false}, go{false};

 private:
  strata::os::Unique_Handle handle_;
};

class Stall_Detector_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Stall_Detector_Test);
  CPPUNIT_TEST(a_handler_that_blocks_is_named_once_with_its_stack);
  CPPUNIT_TEST(a_callback_that_blocks_is_told_of);
  CPPUNIT_TEST(what_goes_on_is_no_stall);
  CPPUNIT_TEST(its_own_thread_looks);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<Reactor> reactor_;
  std::vector<Stall> stalls_;

  void open(Dispatch dispatch) {
    strata::Reactor_Options options;
    options.dispatch = dispatch;
    options.threads = 2;
    reactor_ = std::move(*Reactor::open(options));
    stalls_.clear();
  }
  strata::os::Thread run() {
    return std::move(*strata::os::spawn("runs", [this] { CPPUNIT_ASSERT(reactor_->run().has_value()); }));
  }

 public:
  void setUp() override { strata::Log_System::process().set_level("", strata::Log_Level::off); }
  void tearDown() override { reactor_.reset(); }

  void a_handler_that_blocks_is_named_once_with_its_stack() {
    for (const Dispatch dispatch : {Dispatch::single, Dispatch::worker_pool, Dispatch::leader_followers}) {
      strata_test::Virtual_Time time;
      open(dispatch);
      Reactor* watched[] = {reactor_.get()};
      strata::Stall_Detector detector{watched, 500ms, [this](const Stall& stall) { stalls_.push_back(stall); }};
      auto pair = std::move(*strata::os::socket_pair());
      auto blocker = std::make_unique<Blocker>(std::move(pair.first));
      Blocker& borrowed = *blocker;
      CPPUNIT_ASSERT(reactor_->adopt(std::move(blocker), strata::Event_Mask::input).has_value());
      strata::os::Thread runner = run();
      CPPUNIT_ASSERT(strata::os::send(pair.second.get(), strata::as_bytes("x")).has_value());
      while (!borrowed.inside) std::this_thread::yield();
      detector.look();
      CPPUNIT_ASSERT(stalls_.empty());
      time.advance(499ms);
      detector.look();
      CPPUNIT_ASSERT(stalls_.empty());
      time.advance(1ms);
      detector.look();
      time.advance(10s);
      detector.look();
      borrowed.go = true;
      reactor_->stop();
      runner.join();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, stalls_.size());
      CPPUNIT_ASSERT_EQUAL(std::string{"stall_test::Blocker"}, stalls_[0].handler);
      CPPUNIT_ASSERT(stalls_[0].so_far == 500ms);
      CPPUNIT_ASSERT(stalls_[0].stack.size() > 3);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, reactor_->metrics().stalls.value());
      tearDown();
    }
  }

  void a_callback_that_blocks_is_told_of() {
    strata_test::Virtual_Time time;
    open(Dispatch::single);
    Reactor* watched[] = {reactor_.get()};
    strata::Stall_Detector detector{watched, 500ms, [this](const Stall& stall) { stalls_.push_back(stall); }};
    std::atomic<bool> inside{false}, go{false};
    CPPUNIT_ASSERT(reactor_->post([&] {
      inside = true;
      while (!go) wait_a_little();
    }).has_value());
    strata::os::Thread runner = run();
    while (!inside) std::this_thread::yield();
    detector.look();
    time.advance(600ms);
    detector.look();
    go = true;
    reactor_->stop();
    runner.join();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, stalls_.size());
    CPPUNIT_ASSERT_EQUAL(std::string{"a callback"}, stalls_[0].handler);
  }

  void what_goes_on_is_no_stall() {
    strata_test::Virtual_Time time;
    open(Dispatch::single);
    Reactor* watched[] = {reactor_.get()};
    strata::Stall_Detector detector{watched, 500ms, [this](const Stall& stall) { stalls_.push_back(stall); }};
    for (int i = 0; i < 10; ++i) {  // an idle one, and one whose upcalls each look like the last
      CPPUNIT_ASSERT(reactor_->post([&] { detector.look(); }).has_value());
      CPPUNIT_ASSERT(reactor_->poll().has_value());
      time.advance(1s);
      detector.look();
    }
    CPPUNIT_ASSERT(stalls_.empty());
  }

  void its_own_thread_looks() {
    open(Dispatch::single);
    Reactor* watched[] = {reactor_.get()};
    std::atomic<bool> told{false};
    strata::Stall_Detector detector{watched, 1ms, [&told](const Stall&) { told = true; }};
    CPPUNIT_ASSERT(detector.start().has_value());
    CPPUNIT_ASSERT(reactor_->post([&] {
      while (!told) wait_a_little();
    }).has_value());
    CPPUNIT_ASSERT(reactor_->poll().has_value());
    detector.stop();
    detector.stop();
    CPPUNIT_ASSERT(reactor_->metrics().stalls.value() >= 1);
  }
};

}  // namespace stall_test

CPPUNIT_TEST_SUITE_REGISTRATION(stall_test::Stall_Detector_Test);
