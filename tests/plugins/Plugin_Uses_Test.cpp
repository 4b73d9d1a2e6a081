// SPDX-License-Identifier: Apache-2.0
// What a pool still has of a plugin is seen, wherever it stands: a plugin unloaded too early takes the process with it.
#include <array>
#include <latch>
#include <memory>
#include <utility>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/os/Shared_Library.h>
#include <strata/os/Socket.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor_Options.h>

#include "Plugin_Rig.h"

namespace {

using namespace strata_test;

/// Ours, not the plugin's.
class Host final : public Event_Handler {
 public:
  explicit Host(os::Unique_Handle handle) : handle_(std::move(handle)) {}
  os::Handle handle() const noexcept override { return handle_.get(); }

 private:
  os::Unique_Handle handle_;
};

class Plugin_Uses_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Plugin_Uses_Test);
  CPPUNIT_TEST(what_waits_behind_a_running_callback_is_seen);
  CPPUNIT_TEST(captures_that_die_after_their_callback_are_seen);
  CPPUNIT_TEST(captures_that_die_with_their_handler_are_seen);
  CPPUNIT_TEST(captures_of_a_timer_that_another_cancels_are_seen);
  CPPUNIT_TEST(captures_of_a_timer_whose_handler_has_gone_are_seen);
  CPPUNIT_TEST(a_handler_that_outlives_its_close_is_seen);
  CPPUNIT_TEST_SUITE_END();

  template <class Whose>
  using Lodge = void (*)(Reactor&, Whose, void (*)(void*), void*);
  struct Stop {
    std::latch reached{1}, go{1};
  };

 public:
  void setUp() override {
    library_ = std::make_unique<os::Shared_Library>(
        os::Shared_Library::load(as_bytes(Plugin_Rig::image("lodger")), "lodger").value());
    Reactor_Options options;
    options.dispatch = Dispatch::worker_pool;
    options.threads = 1;
    reactor_ = std::move(*Reactor::open(options));
    pair_ = std::move(*os::socket_pair());
    ref_ = reactor_->adopt(std::make_unique<Host>(std::move(pair_.first)), Event_Mask::input).value();
  }
  void tearDown() override {
    reactor_.reset();
    library_.reset();
  }

  void what_waits_behind_a_running_callback_is_seen() {
    lodge("post_two", [&](const Reactor::Uses& uses) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, uses.handlers);  // the code that runs
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, uses.posts);
    });
  }
  void captures_that_die_after_their_callback_are_seen() {
    lodge("post_anchored", [](const Reactor::Uses& uses) { CPPUNIT_ASSERT(!empty(uses)); });
  }
  /// It closes in the hook before.
  void captures_that_die_with_their_handler_are_seen() {
    CPPUNIT_ASSERT(reactor_->post(ref_, [this] { (void)reactor_->close(ref_, errc::shed); }));
    lodge("post_anchored", [](const Reactor::Uses& uses) { CPPUNIT_ASSERT(!empty(uses)); });
  }
  void captures_of_a_timer_that_another_cancels_are_seen() {
    Timer timer;
    CPPUNIT_ASSERT(reactor_->post([&timer] { timer.cancel(); }));  // our code, not the plugin's
    lodge<Timer&>("schedule_anchored", timer, [](const Reactor::Uses& uses) { CPPUNIT_ASSERT(!empty(uses)); });
  }
  /// Nor is anything held meanwhile: who looks would wait.
  void captures_of_a_timer_whose_handler_has_gone_are_seen() {
    CPPUNIT_ASSERT(reactor_->post([this] { (void)reactor_->close(ref_, errc::shed); }));
    lodge("schedule_anchored_for", [](const Reactor::Uses& uses) { CPPUNIT_ASSERT(!empty(uses)); });
  }
  void a_handler_that_outlives_its_close_is_seen() {
    const auto reactor = std::move(*Reactor::open());
    auto rooms = std::array{std::make_unique<Reactor::Returned>(), std::make_unique<Reactor::Returned>()};
    const void* close_one = library_->find("close_one_that_stays");
    for (const auto& room : rooms) {
      reinterpret_cast<void (*)(Reactor&, Reactor::Returned&)>(const_cast<void*>(close_one))(*reactor, *room);
    }
    for (std::size_t left = 2; left > 0; --left) {
      CPPUNIT_ASSERT(reactor->poll());
      CPPUNIT_ASSERT_EQUAL(left, reactor->uses_of(*library_).handlers);
      reactor->give_back(std::move(rooms[2 - left]));
      CPPUNIT_ASSERT_EQUAL(left, reactor->uses_of(*library_).handlers);  // on its way home
    }
    CPPUNIT_ASSERT(reactor->poll());
    CPPUNIT_ASSERT(empty(reactor->uses_of(*library_)));
  }

 private:
  static bool empty(const Reactor::Uses& uses) { return uses.handlers + uses.timers + uses.posts == 0; }
  /// Looks from this thread while the pool's stands in the plugin's code; and when that is over.
  template <class Look>
  void lodge(const char* function, Look look) {
    lodge<Handler_Ref>(function, ref_, look);
  }
  template <class Whose, class Look>
  void lodge(const char* function, Whose whose, Look look) {
    const void* found = library_->find(function);
    CPPUNIT_ASSERT(found != nullptr && empty(reactor_->uses_of(*library_)));
    Stop stop;
    const auto hold = [](void* context) {
      auto& at = *static_cast<Stop*>(context);
      at.reached.count_down();
      at.go.wait();
    };
    reinterpret_cast<Lodge<Whose>>(const_cast<void*>(found))(*reactor_, whose, hold, &stop);
    Reactor::Uses uses;
    {
      const os::Thread runner = std::move(*os::spawn("runner", [this] { (void)reactor_->run(); }));
      stop.reached.wait();
      uses = reactor_->uses_of(*library_);
      stop.go.count_down();
      reactor_->stop();
    }
    look(uses);
    CPPUNIT_ASSERT(empty(reactor_->uses_of(*library_)));
  }

  std::unique_ptr<os::Shared_Library> library_;
  std::unique_ptr<Reactor> reactor_;
  os::Handle_Pair pair_;
  Handler_Ref ref_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Plugin_Uses_Test);

}  // namespace
