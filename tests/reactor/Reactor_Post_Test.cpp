// SPDX-License-Identifier: Apache-2.0
// Contract points 3 and 9: posts from any thread, to the reactor or to a handler (fault 18).
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include <strata/os/Operations.h>
#include <strata_test/Failing_New.h>
#include <strata_test/Scale.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using strata::errc;
using Rig = Reactor_Rig;

/// While it lives, it counts who rests for a moment. One at a time.
class Rests {
 public:
  Rests() {
    count_ = 0;
    below_ = os::operations();
    table_.park = [](const std::atomic<std::uint32_t>& word, std::uint32_t expected, strata::Duration time) -> os::Raw {
      if (time == 1ms) count_.fetch_add(1), count_.notify_all();
      return below_.park(word, expected, time);
    };
    scope_.emplace(table_);
  }
  /// Until somebody has.
  void await() const { count_.wait(0); }

 private:
  static inline std::atomic<int> count_;
  static inline os::Operations below_;
  os::Operations table_ = os::operations();
  std::optional<os::Operations_Scope> scope_;
};

/// A handler whose reactor takes no post, and a thread that waits to post to it: the diary's "post".
struct Waiting_Post {
  explicit Waiting_Post(std::string_view mechanism) : backend(mechanism), rig(backend, {.post_capacity = 4}) {
    while (rig.reactor->post_reserved([this] { ++ran; })) ++taken;
    poster = std::thread{[this] { posted = rig.reactor->post_when_room(a.ref, [this] { rig.diary += "post "; }); }};
    rests.await();
  }
  ~Waiting_Post() {
    if (poster.joinable()) rig.reactor->end(errc::stopping), poster.join();
  }

  Backend backend;
  Rig rig;
  Rig::Guest a = rig.adopt("a");
  Rests rests;
  int taken = 0, ran = 0;
  strata::Result<> posted;
  std::thread poster;
};

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
  CPPUNIT_TEST(who_waits_for_room_gets_it_as_the_queue_drains);
  CPPUNIT_TEST(who_waits_for_room_hears_that_the_reactor_has_ended);
  CPPUNIT_TEST(who_waits_for_memory_gets_a_block_that_has_run);
  CPPUNIT_TEST(nobody_waits_for_room_in_a_reactor_that_was_stopped);
  CPPUNIT_TEST(who_waits_for_room_does_so_outside_of_the_loop);
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
      std::atomic<int> ran = 0;  // of a pool several threads may run them
      Rig::expect_ok(rig.reactor->post_reserved([&] { ++ran; }));
      Rig::expect_ok(rig.reactor->post_reserved(a.ref, [&] { ++ran; }));
      Rig::expect_ok(rig.reactor->post_when_room(a.ref, [&] { ++ran; }));
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(3, ran.load());
    });
  }

  void who_waits_for_room_gets_it_as_the_queue_drains() {
    for (const std::string_view mechanism : mechanisms()) {
      Waiting_Post post{mechanism};
      CPPUNIT_ASSERT_EQUAL(0, post.ran);
      post.rig.turn();
      post.poster.join();
      Rig::expect_ok(post.posted);
      post.rig.turn();
      CPPUNIT_ASSERT_EQUAL(post.taken, post.ran);
      post.rig.expect_diary("post");
    }
  }

  void who_waits_for_room_hears_that_the_reactor_has_ended() {
    for (const std::string_view mechanism : mechanisms()) {
      Waiting_Post post{mechanism};
      post.rig.reactor->end(errc::stopping);
      post.poster.join();
      Rig::expect_error(condition(errc::stopping), post.posted);
      Rig::expect_error(condition(errc::stopping), post.rig.reactor->post_when_room(post.a.ref, [] {}));
      post.rig.expect_diary("ac a~");
    }
  }

  void who_waits_for_memory_gets_a_block_that_has_run() {
    for (const std::string_view mechanism : mechanisms()) {
      Backend backend{mechanism};
      Rig rig{backend};
      auto a = rig.adopt("a");
      const Rests rests;
      {
        const Failing_New no_memory;
        while (rig.reactor->post([] {})) {
        }
      }
      strata::Result<> posted;
      std::thread poster{[&] {
        const Failing_New no_memory;
        posted = rig.reactor->post_when_room(a.ref, [&] { rig.diary += "post "; });
      }};
      rests.await();
      rig.turn();
      poster.join();
      Rig::expect_ok(posted);
      rig.turn();
      rig.expect_diary("post");
    }
  }

  void nobody_waits_for_room_in_a_reactor_that_was_stopped() {
    for (const std::string_view mechanism : mechanisms()) {
      Backend backend{mechanism};
      Rig rig{backend};
      auto a = rig.adopt("a");
      const Failing_New no_memory;
      while (rig.reactor->post([] {})) {
      }
      rig.reactor->stop();
      Rig::expect_error(condition(errc::stopping), rig.reactor->post_when_room(a.ref, [] {}));
    }
  }

  void who_waits_for_room_does_so_outside_of_the_loop() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_ok(rig.reactor->post([&] {
        Rig::expect_error(condition(std::errc::resource_deadlock_would_occur),
                          rig.reactor->post_when_room(a.ref, [] {}));
        rig.diary += "refused ";
      }));
      rig.turn();
      rig.expect_diary("refused");
      Rig::expect_error(condition(std::errc::identifier_removed), rig.reactor->post_when_room({}, [] {}));
    });
  }

  void an_empty_callback_is_refused() {
    on_each_model([](Rig& rig) {
      Rig::expect_error(condition(std::errc::not_enough_memory), rig.reactor->post(strata::Callback{}));
      auto a = rig.adopt("a");
      const auto unmade = rig.reactor->post_when_room(a.ref, strata::Callback{});
      Rig::expect_error(condition(std::errc::not_enough_memory), unmade);
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
