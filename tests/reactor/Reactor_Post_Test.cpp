// SPDX-License-Identifier: Apache-2.0
// Contract points 3 and 9: posts from any thread, to the reactor or to a handler (fault 18).
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include <atomic>
#include <thread>
#include <vector>

#include <strata_test/Scale.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using strata::errc;
using Rig = Reactor_Rig;

class Reactor_Post_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Post_Test);
  CPPUNIT_TEST(posts_run_in_order);
  CPPUNIT_TEST(what_a_post_posts_runs_in_the_next_turn);
  CPPUNIT_TEST(posts_that_take_long_leave_a_turn_to_timers);
  CPPUNIT_TEST(a_post_to_a_closed_handler_is_dropped);
  CPPUNIT_TEST(a_post_to_a_stale_reference_is_refused_at_home);
  CPPUNIT_TEST(a_post_that_throws_closes_the_handler_that_it_was_for);
  CPPUNIT_TEST(a_full_queue_refuses);
  CPPUNIT_TEST(a_stopped_reactor_refuses_and_has_run_what_it_took);
  CPPUNIT_TEST(what_must_arrive_waits_for_the_next_run_of_a_stopped_reactor);
  CPPUNIT_TEST(an_empty_callback_is_refused);
  CPPUNIT_TEST(captures_of_posts_that_never_ran_are_freed);
  CPPUNIT_TEST(threads_post_in_order_and_nothing_is_lost);
  CPPUNIT_TEST(a_post_wakes_a_sleeping_loop);
  CPPUNIT_TEST_SUITE_END();

 public:
  void posts_run_in_order() {
    on_each_model([](Rig& rig) {
      for (const char* name : {"1 ", "2 ", "3 "}) {
        Rig::expect_ok(rig.reactor->post([&rig, name] { rig.diary += name; }));
      }
      rig.turn();
      rig.expect_diary("1 2 3");
    });
  }

  void what_a_post_posts_runs_in_the_next_turn() {
    on_each_model([](Rig& rig) {
      Rig::expect_ok(rig.reactor->post([&rig] {
        rig.diary += "first ";
        Rig::expect_ok(rig.reactor->post([&rig] { rig.diary += "second "; }));
      }));
      rig.turn();
      rig.expect_diary("first");
      rig.turn();
      rig.expect_diary("second");
    });
  }

  void posts_that_take_long_leave_a_turn_to_timers() {
    on_each_mechanism([](Rig& rig) {
      int posts = 0, before_timer = 0;
      const strata::Timer timer = rig.reactor->schedule(1ms, [&] { before_timer = posts; });
      for (int i = 0; i < 1000; ++i) {
        Rig::expect_ok(rig.reactor->post([&] {
          ++posts;
          rig.backend.advance(2ms);
        }));
      }
      rig.turn();
      CPPUNIT_ASSERT(before_timer > 0 && before_timer < 20);
      while (posts < 1000) rig.turn();
    });
  }

  void a_post_to_a_closed_handler_is_dropped() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_ok(rig.reactor->post(a.ref, [&rig] { rig.diary += "post "; }));
      Rig::expect_ok(rig.reactor->close(a.ref, errc::canceled));
      rig.turn();
      rig.expect_diary("ac a~");
    });
  }

  void a_post_to_a_stale_reference_is_refused_at_home() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_ok(rig.reactor->post([&] {
        Rig::expect_ok(rig.reactor->close(a.ref, errc::canceled));
        Rig::expect_error(condition(std::errc::identifier_removed), rig.reactor->post(a.ref, [] {}));
      }));
      rig.turn();
    });
  }

  void a_post_that_throws_closes_the_handler_that_it_was_for() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_ok(rig.reactor->post(a.ref, [] { throw 1; }));
      rig.turn();
      rig.expect_diary("ac a~");
    });
  }

  void a_full_queue_refuses() {
    Backend backend{"epoll"};
    strata::Reactor_Options options;
    options.post_capacity = 4;
    Rig rig{backend, options};
    for (int i = 0; i < 4; ++i) Rig::expect_ok(rig.reactor->post([&] { rig.diary += "post "; }));
    Rig::expect_error(condition(std::errc::no_buffer_space), rig.reactor->post([] {}));
    rig.turn();
    rig.expect_diary("post post post post");
    Rig::expect_ok(rig.reactor->post([] {}));
  }

  void a_stopped_reactor_refuses_and_has_run_what_it_took() {
    on_each_model([](Rig& rig) {
      Rig::expect_ok(rig.reactor->post([&] {
        Rig::expect_ok(rig.reactor->post([&] { rig.diary += "taken "; }));
        rig.reactor->stop();
        Rig::expect_error(condition(errc::stopping), rig.reactor->post([] {}));
      }));
      Rig::expect_ok(rig.reactor->run());
      rig.expect_diary("taken");
      Rig::expect_error(condition(errc::stopping), rig.reactor->post([] {}));
    });
  }

  void what_must_arrive_waits_for_the_next_run_of_a_stopped_reactor() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      rig.reactor->stop();
      Rig::expect_ok(rig.reactor->run());
      Rig::expect_error(condition(errc::stopping), rig.reactor->post([] {}));
      bool one = false, two = false;  // of a pool two threads may run them
      Rig::expect_ok(rig.reactor->post_reserved([&] { one = true; }));
      Rig::expect_ok(rig.reactor->post_reserved(a.ref, [&] { two = true; }));
      rig.turn();
      CPPUNIT_ASSERT(one && two);
    });
  }

  void an_empty_callback_is_refused() {
    on_each_model([](Rig& rig) {
      Rig::expect_error(condition(std::errc::not_enough_memory), rig.reactor->post(strata::Callback{}));
    });
  }

  void captures_of_posts_that_never_ran_are_freed() {
    on_each_model([](Rig& rig) {
      auto token = std::make_shared<int>(1);
      Rig::expect_ok(rig.reactor->post([token] {}));
      rig.reactor.reset();
      CPPUNIT_ASSERT_EQUAL(1L, token.use_count());
    });
  }

  void threads_post_in_order_and_nothing_is_lost() {
    for (const std::string_view name : mechanisms()) {
      Backend backend{name};
      Rig rig{backend};
      const std::size_t each = count(1'000'000);
      constexpr std::size_t producers = 3;
      std::vector<std::size_t> seen(producers);
      bool in_order = true;
      std::size_t left = producers;
      std::vector<std::jthread> threads;
      for (std::size_t p = 0; p < producers; ++p) {
        threads.emplace_back([&, p] {
          for (std::size_t i = 0; i < each;) {
            const auto posted = rig.reactor->post([&, p, i] { in_order = in_order && seen[p]++ == i; });
            if (posted) ++i;  // full: try again
          }
          while (!rig.reactor->post([&] {
            if (--left == 0) rig.reactor->stop();
          })) {
          }
        });
      }
      Rig::expect_ok(rig.reactor->run());
      CPPUNIT_ASSERT(in_order);
      CPPUNIT_ASSERT(seen == std::vector<std::size_t>(producers, each));
    }
  }

  void a_post_wakes_a_sleeping_loop() {
    for (const std::string_view name : mechanisms()) {
      Backend backend{name};
      Rig rig{backend};
      constexpr int rounds = 200;
      std::atomic<int> ran{0};
      const std::jthread poster{[&] {
        for (int i = 0; i < rounds; ++i) {
          while (!rig.reactor->post([&] { ran.fetch_add(1), ran.notify_one(); })) {
          }
          ran.wait(i);
        }
        rig.reactor->stop();
      }};
      Rig::expect_ok(rig.reactor->run());
      CPPUNIT_ASSERT_EQUAL(rounds, ran.load());
      CPPUNIT_ASSERT(rig.reactor->metrics().wakeups.value() <= rounds + 1);
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Post_Test);
