// SPDX-License-Identifier: Apache-2.0
// Operations that move no bytes, and what ends them.
#include <strata/proactor/Operation.h>

#include <strata/os/Process.h>
#include <strata_test/Temporary_Folder.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;
using strata::Operation_Kind;

class Operation_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Operation_Test);
  CPPUNIT_TEST(a_timer_completes_after_its_time);
  CPPUNIT_TEST(timers_wait_for_nothing_and_may_be_canceled);
  CPPUNIT_TEST(a_poll_tells_that_a_read_would_not_block);
  CPPUNIT_TEST(a_poll_tells_that_a_write_would_not_block);
  CPPUNIT_TEST(a_poll_of_both_directions_is_refused);
  CPPUNIT_TEST(an_exit_is_told_with_its_status);
  CPPUNIT_TEST(a_connect_to_a_full_queue_waits_and_the_loop_rests);
  CPPUNIT_TEST(thousands_end_in_any_order_and_each_is_told);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_timer_completes_after_its_time() {
    on_each_engine([](Rig& rig) {
      strata::Time_Point begun, ended;
      rig.pair(
          [&begun](Actor& a, Completed&) {
            begun = a.home().now();
            return a.wait(20ms);
          },
          [&ended](Actor& a, Completed&) {
            ended = a.home().now();
            return Result<>{};
          });
      rig.run_until([&] { return rig.diary == "t"; });
      CPPUNIT_ASSERT(ended - begun >= 20ms);
    });
  }

  void timers_wait_for_nothing_and_may_be_canceled() {
    on_each_engine([](Rig& rig) {
      Operation first;
      Actor& actor = rig.pair([&first](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.wait(1h, {.started = &first}).has_value());
        CPPUNIT_ASSERT(a.read(100).has_value());
        return a.wait(0ms);
      });
      rig.run_until([&] { return rig.diary == "t"; });
      actor.cancel(first);
      rig.expect_diary("t!canceled");
      rig.send("x");
      rig.expect_diary("t!canceledrx");
    });
  }

  void a_poll_tells_that_a_read_would_not_block() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair([](Actor& a, Completed&) { return a.poll(os::Interest::input); },
                              [](Actor& a, Completed& done) {
                                return done.kind == Operation_Kind::poll_input ? a.read(10) : Result<>{};
                              });
      for (int i = 0; i < 4; ++i) rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::string{}, rig.diary);
      rig.send("x");
      rig.expect_diary("prx");
      CPPUNIT_ASSERT(actor.poll(os::Interest::input).has_value());
      rig.send("y");
      rig.expect_diary("prxpry");
    });
  }

  void a_poll_tells_that_a_write_would_not_block() {
    on_each_engine([](Rig& rig) {
      const std::string large(4'000'000, 'x');
      Actor& actor = rig.pair([](Actor& a, Completed&) { return a.poll(os::Interest::output); });
      rig.expect_diary("P");
      while (os::send(actor.handle(), strata::as_bytes(large))) {  // until it is full
      }
      CPPUNIT_ASSERT(actor.poll(os::Interest::output).has_value());
      for (int i = 0; i < 4; ++i) rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::string{"P"}, rig.diary);
      std::string got;
      rig.until([&] { return rig.receive(got), rig.diary == "PP"; });
    });
  }

  void a_poll_of_both_directions_is_refused() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) {
        const auto refused = a.poll(os::Interest::both);
        CPPUNIT_ASSERT(!refused && refused.error() == std::errc::invalid_argument);
        return Result<>{};
      });
      rig.expect_diary("");  // a hook that throws closes
    });
  }

  void an_exit_is_told_with_its_status() {
    on_each_engine([](Rig& rig) {
      if (rig.backend.simulator() != nullptr) return;  // it has no processes
      os::Exit_Status status;
      auto child = os::start_process({.program = "/bin/sh", .arguments = {"-c", "exit 7"}});
      CPPUNIT_ASSERT_MESSAGE(child ? "" : child.error().message(), child.has_value());
      rig.adopt(std::move(*child), [](Actor& a, Completed&) { return a.wait_exit(); },
                [&status](Actor&, Completed& done) {
                  status = done.exit;
                  return Result<>{};
                });
      rig.until([&] { return rig.diary == "e"; });
      CPPUNIT_ASSERT_EQUAL(7, status.code);
      CPPUNIT_ASSERT_EQUAL(0, status.signal);
    });
  }

  void a_connect_to_a_full_queue_waits_and_the_loop_rests() {
    const Temporary_Folder folder;
    int run = 0;
    on_each_engine([&](Rig& rig) {
      if (rig.backend.simulator() != nullptr) return;
      const auto address = *os::Socket_Address::local(folder / std::to_string(++run));
      const os::Unique_Handle listener = *os::open_socket(os::Family::local, os::Socket_Kind::stream);
      CPPUNIT_ASSERT(os::bind(listener.get(), address) && os::listen(listener.get(), 0));
      std::vector<os::Unique_Handle> others;
      do {
        others.push_back(*os::open_socket(os::Family::local, os::Socket_Kind::stream));
      } while (os::connect(others.back().get(), address));
      rig.adopt(*os::open_socket(os::Family::local, os::Socket_Kind::stream),
                [&](Actor& a, Completed&) { return a.connect(address); });
      for (int i = 0; i < 8; ++i) rig.turn();
      const auto upcalls = rig.reactor->upcalls();
      for (int i = 0; i < 100; ++i) rig.turn();
      CPPUNIT_ASSERT(rig.reactor->upcalls() - upcalls <= 2);
      CPPUNIT_ASSERT_EQUAL(std::string{}, rig.diary);
      while (os::accept(listener.get())) continue;
      rig.run_until([&] { return rig.diary == "n"; });
    });
  }

  /// Where one that ends cost a walk over those before it, these took twenty seconds.
  void thousands_end_in_any_order_and_each_is_told() {
    constexpr int count = 20'000;
    on_each_engine([](Rig& rig) {
      int told = 0;
      Actor& actor = rig.pair(
          [](Actor& a, Completed&) {
            for (int i = count; i > 0; --i) CPPUNIT_ASSERT(a.wait(i * 1us).has_value());
            return Result<>{};
          },
          [&told](Actor&, Completed&) { return ++told, Result<>{}; });
      rig.run_until([&] { return told == count; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, actor.outstanding());
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Operation_Test);

}  // namespace
