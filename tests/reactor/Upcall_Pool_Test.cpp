// SPDX-License-Identifier: Apache-2.0
// Contract point 10 with real threads: what a worker pool and leader/followers promise.
#include <strata/reactor/Reactor.h>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Scale.h>

#include "Pool_Rig.h"

namespace {

using namespace strata_test;

class Upcall_Pool_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Upcall_Pool_Test);
  CPPUNIT_TEST(hooks_of_one_handler_never_overlap);
  CPPUNIT_TEST(hooks_of_two_handlers_run_at_once);
  CPPUNIT_TEST(the_strand_of_the_reactor_never_overlaps);
  CPPUNIT_TEST(every_thread_runs_upcalls);
  CPPUNIT_TEST(a_handler_that_blocks_holds_up_nobody);
  CPPUNIT_TEST(nor_does_one_that_blocks_after_a_long_quiet);
  CPPUNIT_TEST(an_upcall_of_the_strand_may_adopt_many);
  CPPUNIT_TEST(posts_keep_the_order_of_their_producer);
  CPPUNIT_TEST(one_closed_while_its_upcall_runs_is_freed_after_it);
  CPPUNIT_TEST(one_that_is_held_gets_no_upcall_before_it_begins);
  CPPUNIT_TEST(a_hook_invoked_on_a_busy_handler_waits_for_it);
  CPPUNIT_TEST(home_is_the_upcall_and_no_other);
  CPPUNIT_TEST(readiness_is_level_triggered);
  CPPUNIT_TEST(handlers_come_and_go_under_load);
  CPPUNIT_TEST(a_stop_under_load_ends_and_the_pool_runs_again);
  CPPUNIT_TEST(posts_for_the_closed_leave_room_for_others);
  CPPUNIT_TEST(what_must_arrive_finds_room_behind_a_flood_from_inside);
  CPPUNIT_TEST(a_pool_of_no_threads_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { guard_.emplace(); }
  void tearDown() override { guard_->check(); }

  void hooks_of_one_handler_never_overlap() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      const std::uint64_t rounds = count(1'000'000) / 10;
      Pool pool{dispatch, 3, 3, mechanism};
      std::vector<strata::Timer> timers;
      for (auto& place : pool.places) timers.push_back(pool.reactor->schedule(place.ref, 1ms, 1ms));
      std::atomic<std::uint64_t> posts{0};
      pool.start();
      {
        os::Thread writes = std::move(*os::spawn("writes", [&] {
          for (std::uint64_t i = 0; i < rounds; ++i) pool.say(i % 3);
        }));
        for (std::uint64_t i = 0; i < rounds; ++i) {
          while (!pool.reactor->post(pool.places[i % 3].ref, [&posts] { ++posts; })) std::this_thread::yield();
        }
      }
      pool.stop();
      for (auto& place : pool.places) CPPUNIT_ASSERT_EQUAL(0, place.guest->overlaps.load());
      CPPUNIT_ASSERT_EQUAL(rounds, posts.load());
      timers.clear();
    });
  }

  void hooks_of_two_handlers_run_at_once() { expect_at_once(2, 2); }

  void the_strand_of_the_reactor_never_overlaps() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 3, 0, mechanism};
      auto& common = pool.add({.strand = strata::Strand_Of::reactor});
      auto pair = std::move(*os::socket_pair());
      Guest watched{std::move(pair.first)};
      auto registration = std::make_unique<strata::Registration>(*pool.reactor->watch(watched, Event_Mask::input));
      std::uint64_t plain = 0;  // whatever overlapped would race for it
      std::latch done{1};
      const auto count = [&] {
        if (++plain == 30'000) done.count_down();  // once
      };
      common.guest->on_input = watched.on_input = count;
      strata::Timer timer = pool.reactor->schedule(1ms, count, 1ms);
      pool.start();
      os::Thread writes = std::move(*os::spawn("writes", [&] {
        while (!done.try_wait()) {
          (void)os::send(common.peer.get(), strata::as_bytes("x"));
          (void)os::send(pair.second.get(), strata::as_bytes("x"));
        }
      }));
      while (!done.try_wait()) {
        if (!pool.reactor->post(count)) std::this_thread::yield();
      }
      writes.join();
      pool.stop();
      timer.cancel();
      registration.reset();
      CPPUNIT_ASSERT_EQUAL(0, common.guest->overlaps + watched.overlaps);
    });
  }

  void every_thread_runs_upcalls() { expect_at_once(4, 4); }

  void a_handler_that_blocks_holds_up_nobody() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 3, 2, mechanism};
      std::latch blocked{1}, others{100}, timers{3};
      pool.places[0].guest->on_input = [&] {
        blocked.count_down();
        others.wait();
        timers.wait();
      };
      const strata::Timer timer = pool.reactor->schedule(1ms, [&] {
        if (!timers.try_wait()) timers.count_down();
      }, 1ms);
      pool.places[1].guest->on_input = [&] {
        if (!others.try_wait()) others.count_down();
      };
      pool.start();
      pool.say(0);
      blocked.wait();
      while (!others.try_wait()) {  // bytes that came together are one upcall
        pool.say(1);
        std::this_thread::yield();
      }
      timers.wait();
      pool.stop();
    });
  }

  void nor_does_one_that_blocks_after_a_long_quiet() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 3, 1, mechanism};
      std::latch served{1}, over{1};
      bool in_time = false;
      pool.places[0].guest->on_input = [&] { served.count_down(); };
      const strata::Timer timer = pool.reactor->schedule(20ms, [&] {  // by then all others sleep without end
        pool.say(0);
        in_time = comes(served);
        over.count_down();
      });
      pool.start();
      over.wait();
      pool.stop();
      CPPUNIT_ASSERT(in_time);
    });
  }

  void an_upcall_of_the_strand_may_adopt_many() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 0, mechanism};
      std::latch done{20};
      std::vector<os::Unique_Handle> peers;
      for (int i = 0; i < 20; ++i) pool.add({.strand = strata::Strand_Of::reactor});
      for (auto& place : pool.places) {
        place.guest->on_input = [&] {
          for (int i = 0; i < 10; ++i) {
            auto pair = std::move(*os::socket_pair());
            peers.push_back(std::move(pair.second));
            auto guest = std::make_unique<Guest>(std::move(pair.first));
            CPPUNIT_ASSERT(pool.reactor->adopt(std::move(guest), Event_Mask::input).has_value());
          }
          done.count_down();
        };
      }
      for (std::size_t i = 0; i < pool.places.size(); ++i) pool.say(i);  // all are found by one wait
      pool.start();
      done.wait();
      pool.stop();
    });
  }

  void posts_keep_the_order_of_their_producer() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 3, 1, mechanism};
      constexpr std::uint64_t each = 20'000;
      std::array<std::uint64_t, 3> next{};
      std::atomic<int> wrong{0};
      pool.start();
      {
        std::vector<os::Thread> producers;
        for (std::size_t p = 0; p < 3; ++p) {
          producers.push_back(std::move(*os::spawn("posts", [&, p] {
            for (std::uint64_t i = 0; i < each; ++i) {
              while (!pool.reactor->post(pool.places[0].ref, [&, p, i] { wrong += next[p]++ == i ? 0 : 1; })) {
                std::this_thread::yield();
              }
            }
          })));
        }
      }
      pool.stop();
      CPPUNIT_ASSERT_EQUAL(0, wrong.load());
      for (const std::uint64_t count : next) CPPUNIT_ASSERT_EQUAL(each, count);
    });
  }

  void one_closed_while_its_upcall_runs_is_freed_after_it() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 2, mechanism};
      std::latch inside{1}, closed{1}, ended{1};
      std::atomic<int> freed{0};
      bool in_upcall = false;
      pool.places[0].guest->freed = &freed;
      pool.places[0].guest->on_input = [&] {
        in_upcall = true;
        inside.count_down();
        closed.wait();
        CPPUNIT_ASSERT_EQUAL(0, freed.load());
        in_upcall = false;
      };
      pool.places[0].guest->on_close = [&] {
        CPPUNIT_ASSERT(!in_upcall);
        ended.count_down();
      };
      pool.places[1].guest->on_input = [&] {
        inside.wait();
        CPPUNIT_ASSERT(pool.reactor->close(pool.places[0].ref, strata::errc::canceled).has_value());
        CPPUNIT_ASSERT(!pool.reactor->post(pool.places[0].ref, [] {}).has_value());
        closed.count_down();
      };
      pool.start();
      pool.say(0);
      inside.wait();
      pool.say(1);
      ended.wait();
      pool.stop();
      CPPUNIT_ASSERT_EQUAL(1, freed.load());
    });
  }

  void one_that_is_held_gets_no_upcall_before_it_begins() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 3, 1, mechanism};
      std::latch served{1}, looked{1};
      std::atomic<bool> begun{false};
      pool.places.reserve(2);
      pool.places[0].guest->on_input = [&] {
        auto& held = pool.add({.held = true});
        held.guest->on_input = [&] {
          CPPUNIT_ASSERT(begun);
          served.count_down();
        };
        CPPUNIT_ASSERT(os::send(held.peer.get(), strata::as_bytes("x")).has_value());
        looked.wait();
        const auto hook = [](strata::Event_Handler&, void* flag) -> Result<> {
          *static_cast<std::atomic<bool>*>(flag) = true;
          return {};
        };
        CPPUNIT_ASSERT(pool.reactor->begin(held.ref, hook, &begun).has_value());
      };
      pool.start();
      pool.say(0);
      CPPUNIT_ASSERT(pool.reactor->post([&] { looked.count_down(); }).has_value());  // others go on meanwhile
      served.wait();
      pool.stop();
    });
  }

  void a_hook_invoked_on_a_busy_handler_waits_for_it() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 1, mechanism};
      std::latch inside{1}, asked{1}, ran{1};
      bool in_upcall = false;
      static std::latch* told;
      told = &ran;
      pool.places[0].guest->on_input = [&] {
        in_upcall = true;
        inside.count_down();
        asked.wait();
        in_upcall = false;
      };
      pool.start();
      pool.say(0);
      inside.wait();
      CPPUNIT_ASSERT(pool.reactor->post([&] {
        const auto hook = [](strata::Event_Handler&, void*) -> Result<> { return told->count_down(), Result<>{}; };
        CPPUNIT_ASSERT(pool.reactor->invoke(pool.places[0].ref, hook).has_value());
        CPPUNIT_ASSERT(!told->try_wait());
        asked.count_down();
      }).has_value());
      ran.wait();
      pool.stop();
      CPPUNIT_ASSERT(!in_upcall);
    });
  }

  void home_is_the_upcall_and_no_other() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 2, mechanism};
      std::latch done{2};
      const Reactor& reactor = *pool.reactor;
      const Handler_Ref first = pool.places[0].ref, second = pool.places[1].ref;
      CPPUNIT_ASSERT(reactor.at_home(first) && reactor.on_strand());  // the owner's, outside of the run
      pool.places[0].guest->on_input = [&] {
        CPPUNIT_ASSERT(reactor.at_home() && reactor.at_home(first));
        CPPUNIT_ASSERT(!reactor.at_home(second) && !reactor.on_strand());
        done.count_down();
      };
      pool.start();
      pool.say(0);
      CPPUNIT_ASSERT(pool.reactor->post([&] {
        CPPUNIT_ASSERT(reactor.on_strand() && !reactor.at_home(first));
        done.count_down();
      }).has_value());
      done.wait();
      pool.stop();
    });
  }

  void readiness_is_level_triggered() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 1, mechanism};
      std::latch all{1};
      auto& guest = *pool.places[0].guest;
      guest.on_input = [&] {
        if (guest.bytes == 64 * 100) all.count_down();  // 64 a call
      };
      pool.say(0, std::string(64 * 100, 'x'));
      pool.start();
      all.wait();
      pool.stop();
    });
  }

  void handlers_come_and_go_under_load() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      constexpr int lives = 2'000;
      std::atomic<int> freed{0};
      std::latch done{1};
      Pool pool{dispatch, 3, 0, mechanism};
      Reactor& reactor = *pool.reactor;
      std::vector<os::Unique_Handle> peers(8);
      pool.start();
      int made = 0;
      std::function<void(std::size_t)> renew = [&](std::size_t place) {  // on the strand
        peers[place].reset();
        if (made++ == lives) return done.count_down();
        if (made > lives) return;
        auto pair = std::move(*os::socket_pair());
        auto guest = std::make_unique<Guest>(std::move(pair.first));
        guest->freed = &freed;
        guest->on_close = [&, place] {
          (void)reactor.post([&, place] { renew(place); });  // refused: the run ends
        };
        (void)os::send(pair.second.get(), strata::as_bytes("x"));
        const Handler_Ref ref = *pool.reactor->adopt(std::move(guest), Event_Mask::input);
        if (made % 2 == 0) {
          CPPUNIT_ASSERT(pool.reactor->post(ref, [ref] { (void)ref.reactor()->close(ref, {}); }).has_value());
          peers[place] = std::move(pair.second);
        }  // else the peer leaves
      };
      for (std::size_t i = 0; i < peers.size(); ++i) {
        CPPUNIT_ASSERT(pool.reactor->post([&, i] { renew(i); }).has_value());
      }
      done.wait();
      pool.stop();
      pool.reactor.reset();
      CPPUNIT_ASSERT_EQUAL(lives, freed.load());
    });
  }

  void a_stop_under_load_ends_and_the_pool_runs_again() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 3, 3, mechanism};
      std::atomic<std::uint64_t> ran{0}, accepted{0};
      for (int round = 0; round < 20; ++round) {
        std::atomic<bool> over{false};
        pool.start();
        os::Thread posts = std::move(*os::spawn("posts", [&] {
          while (!over) {
            if (pool.reactor->post(pool.places[accepted % 3].ref, [&ran] { ++ran; })) ++accepted;
          }
        }));
        for (int i = 0; i < 100; ++i) pool.say(static_cast<std::size_t>(i % 3));
        pool.stop();
        over = true;
        posts.join();
      }
      pool.start();
      pool.stop();
      CPPUNIT_ASSERT_EQUAL(accepted.load(), ran.load());
    });
  }

  void posts_for_the_closed_leave_room_for_others() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      for (const bool stopped : {false, true}) {
        Pool pool{dispatch, 2, 1, mechanism, 8};
        for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT(pool.reactor->post(pool.places[0].ref, [] {}).has_value());
        CPPUNIT_ASSERT(pool.reactor->close(pool.places[0].ref, {}).has_value());
        std::latch done{1};
        pool.start();
        if (!stopped) {
          while (!pool.reactor->post([&done] { done.count_down(); })) std::this_thread::yield();
          CPPUNIT_ASSERT(comes(done));
        }
        pool.stop();
      }
    });
  }

  void what_must_arrive_finds_room_behind_a_flood_from_inside() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 1, mechanism, 8};
      std::latch done{1};
      CPPUNIT_ASSERT(pool.reactor->post([&] {
        while (pool.reactor->post([] {})) {
        }
        if (pool.reactor->post_reserved([&done] { done.count_down(); })) return;
        throw 1;  // then it never comes
      }).has_value());
      pool.start();
      CPPUNIT_ASSERT(comes(done));
      pool.stop();
    });
  }

  void a_pool_of_no_threads_is_refused() {
    const auto opened = Reactor::open({.dispatch = Dispatch::worker_pool, .threads = 0});
    CPPUNIT_ASSERT(!opened && opened.error() == std::errc::invalid_argument);
  }

 private:
  /// So many handlers are in an upcall at one time.
  static void expect_at_once(std::size_t count, unsigned threads) {
    on_each_pool([=](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, threads, count, mechanism};
      std::latch all{static_cast<std::ptrdiff_t>(count)}, done{static_cast<std::ptrdiff_t>(count)};
      for (auto& place : pool.places) {
        place.guest->on_input = [&] {
          all.arrive_and_wait();
          done.count_down();
        };
      }
      pool.start();
      for (std::size_t i = 0; i < count; ++i) pool.say(i);
      done.wait();
    });
  }

  std::optional<Descriptor_Guard> guard_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Upcall_Pool_Test);

}  // namespace
