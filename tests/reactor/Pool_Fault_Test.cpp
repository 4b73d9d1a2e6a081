// SPDX-License-Identifier: Apache-2.0
// Faults in pools with real threads, by their rows: 13, 14, 16, 17, 18, 22, 23; and what a pool that sleeps must not
// leave lying.
#include <strata/reactor/Reactor.h>

#include <csignal>
#include <limits>
#include <optional>
#include <thread>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/reactor/Signal_Handler.h>
#include <strata_test/Child.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Jumping_Clock.h>
#include <strata_test/Scale.h>

#include "Pool_Rig.h"

namespace {

using namespace strata_test;

/// Outlives its close, as one does whose work another thread still has.
class Keeper final : public strata::Event_Handler {
 public:
  Keeper(os::Unique_Handle handle, std::atomic<strata::Event_Handler*>& kept, std::atomic<int>& freed)
      : handle_(std::move(handle)), kept_(kept), freed_(freed) {}
  ~Keeper() override { ++freed_; }
  os::Handle handle() const noexcept override { return handle_.get(); }
  void handle_release(std::unique_ptr<strata::Event_Handler> self) noexcept override { kept_ = self.release(); }

 private:
  os::Unique_Handle handle_;
  std::atomic<strata::Event_Handler*>& kept_;
  std::atomic<int>& freed_;
};

class Signals final : public strata::Signal_Handler {
 public:
  Signals(os::Signal_Source source, std::atomic<int>& heard) : Signal_Handler(std::move(source)), heard_(heard) {}

 private:
  Result<> handle_signal(os::Signal) override { return ++heard_, Result<>{}; }
  std::atomic<int>& heard_;
};

class Pool_Fault_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Pool_Fault_Test);
  CPPUNIT_TEST(a_handler_that_is_given_back_to_a_sleeping_pool_is_freed);
  CPPUNIT_TEST(a_post_that_came_too_late_to_a_sleeping_pool_is_dropped);
  CPPUNIT_TEST(fault_13_a_descriptor_number_that_comes_again_has_its_own_events);
  CPPUNIT_TEST(fault_14_interest_does_not_outlive_its_handler);
  CPPUNIT_TEST(fault_16_a_run_inside_an_upcall_is_refused);
  CPPUNIT_TEST(fault_17_a_timer_cancelled_in_its_own_upcall_is_over);
  CPPUNIT_TEST(fault_17_a_timer_reset_in_its_own_upcall_fires_again);
  CPPUNIT_TEST(fault_17_of_many_due_at_once_each_fires_once);
  CPPUNIT_TEST(fault_17_any_delay_is_a_delay);
  CPPUNIT_TEST(fault_18_a_full_queue_refuses_and_loses_nothing);
  CPPUNIT_TEST(fault_18_a_stopped_reactor_refuses);
  CPPUNIT_TEST(fault_22_a_child_opens_its_own_and_the_parent_goes_on);
  CPPUNIT_TEST(fault_23_a_storm_of_signals_is_coalesced);
  CPPUNIT_TEST(fault_23_a_clock_that_jumps_is_caught_up_with_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { guard_.emplace(); }
  void tearDown() override { guard_->check(); }

  void a_handler_that_is_given_back_to_a_sleeping_pool_is_freed() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      const Watched_Waits waits;
      Pool pool{dispatch, 2, 1, mechanism};
      std::atomic<strata::Event_Handler*> kept{nullptr};
      std::atomic<int> freed{0};
      auto pair = std::move(*os::socket_pair());
      auto keeper = std::make_unique<Keeper>(std::move(pair.first), kept, freed);
      const Handler_Ref ref = *pool.reactor->adopt(std::move(keeper), Event_Mask::input);
      pool.places[0].guest->on_input = [&] { (void)pool.reactor->close(ref, strata::errc::canceled); };
      pool.start();
      pool.say(0);
      CPPUNIT_ASSERT(comes([&] { return kept != nullptr; }));
      const std::uint64_t before = Watched_Waits::so_far();
      (void)pool.reactor->post([] {});
      CPPUNIT_ASSERT(Watched_Waits::one_begins(before));
      auto back = std::make_unique<Reactor::Returned>();
      pool.reactor->keep(*back, std::unique_ptr<strata::Event_Handler>{kept});
      pool.reactor->give_back(std::move(back));
      const bool in_time = comes([&] { return freed == 1; });
      pool.stop();
      CPPUNIT_ASSERT(in_time);
    });
  }

  void a_post_that_came_too_late_to_a_sleeping_pool_is_dropped() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 2, mechanism};
      std::atomic<int> freed{0};
      pool.places[1].guest->freed = &freed;
      pool.places[0].guest->on_input = [&] { (void)pool.reactor->close(pool.places[1].ref, strata::errc::canceled); };
      pool.start();
      pool.say(0);
      CPPUNIT_ASSERT(comes([&] { return freed == 1; }));
      const auto captured = std::make_shared<int>(0);
      (void)pool.reactor->post(pool.places[1].ref, [captured] {});
      const bool in_time = comes([&] { return captured.use_count() == 1; });
      pool.stop();
      CPPUNIT_ASSERT(in_time);
    });
  }

  /// In handle_close, while events of the old one may be on their way: the number is free at once, and taken again.
  void fault_13_a_descriptor_number_that_comes_again_has_its_own_events() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      const int lives = static_cast<int>(count(100'000));
      Pool pool{dispatch, 3, 0, mechanism};
      std::atomic<int> freed{0}, wrong{0}, heard{0}, numbers{0};
      std::vector<os::Unique_Handle> peers(4);
      std::latch done{4};
      std::atomic<int> left{lives};
      std::function<void(std::size_t, int)> renew = [&](std::size_t place, int former) {
        if (--left < 0) return done.count_down();
        auto pair = std::move(*os::socket_pair());
        numbers += pair.first.get().value() == former ? 1 : 0;
        const int number = pair.first.get().value();
        auto guest = std::make_unique<Guest>(std::move(pair.first));
        Guest* mine = guest.get();
        guest->freed = &freed;
        guest->on_input = [&, mine] { wrong += mine->bytes == 3 ? 0 : 1; };  // all that its own peer has sent
        guest->on_close = [&, place, mine, number] {
          heard += mine->bytes == 3 ? 1 : 0;
          wrong += mine->overlaps;
          peers[place].reset();
          renew(place, number);
        };
        (void)os::send(pair.second.get(), strata::as_bytes("abc"));
        (void)os::shutdown(pair.second.get(), os::Shutdown::send);
        peers[place] = std::move(pair.second);
        CPPUNIT_ASSERT(pool.reactor->adopt(std::move(guest), Event_Mask::input).has_value());
      };
      pool.start();
      for (std::size_t i = 0; i < peers.size(); ++i) {
        CPPUNIT_ASSERT(pool.reactor->post([&, i] { renew(i, -1); }).has_value());
      }
      CPPUNIT_ASSERT(comes(done));
      pool.stop();
      pool.reactor.reset();
      CPPUNIT_ASSERT_EQUAL(0, wrong.load());
      CPPUNIT_ASSERT_EQUAL(lives, heard.load());
      CPPUNIT_ASSERT_EQUAL(lives, freed.load());
    });
  }

  /// A duplicate keeps the kernel's object alive: its events are nobody's.
  void fault_14_interest_does_not_outlive_its_handler() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      const Watched_Waits waits;
      Pool pool{dispatch, 2, 2, mechanism};
      std::atomic<int> freed{0};
      auto& gone = pool.places[1];
      const os::Unique_Handle copy = std::move(*os::duplicate(gone.guest->handle()));
      gone.guest->freed = &freed;
      pool.places[0].guest->on_input = [&] { (void)pool.reactor->close(gone.ref, strata::errc::canceled); };
      pool.start();
      pool.say(0);
      CPPUNIT_ASSERT(comes([&] { return freed == 1; }));
      pool.say(1);  // readable for ever
      const std::uint64_t before = Watched_Waits::so_far();
      (void)pool.reactor->post([] {});
      CPPUNIT_ASSERT(Watched_Waits::one_begins(before));
      const std::uint64_t turns = pool.reactor->metrics().turns.value();
      std::latch later{1};
      CPPUNIT_ASSERT(pool.reactor->post([&] { later.count_down(); }).has_value());
      CPPUNIT_ASSERT(comes(later));
      CPPUNIT_ASSERT(pool.reactor->metrics().turns.value() - turns < 10);
      pool.stop();
    });
  }

  void fault_16_a_run_inside_an_upcall_is_refused() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 1, mechanism};
      std::latch done{2};
      std::atomic<int> refused{0};
      const auto nest = [&] {
        for (const auto& nested : {pool.reactor->run(), pool.reactor->run_one(), pool.reactor->poll(),
                                   pool.reactor->run_for(1ms)}) {
          refused += !nested && nested.error() == std::errc::resource_deadlock_would_occur ? 1 : 0;
        }
        done.count_down();
      };
      pool.places[0].guest->on_input = nest;
      pool.start();
      pool.say(0);
      CPPUNIT_ASSERT(pool.reactor->post(nest).has_value());
      CPPUNIT_ASSERT(comes(done));
      pool.stop();
      CPPUNIT_ASSERT_EQUAL(8, refused.load());
    });
  }

  void fault_17_a_timer_cancelled_in_its_own_upcall_is_over() {
    with_own_timer([](strata::Timer& timer, int) { timer.cancel(); }, 1ms, 1);
  }

  void fault_17_a_timer_reset_in_its_own_upcall_fires_again() {
    const auto again = [](strata::Timer& timer, int fired) {
      if (fired < 5) (void)timer.reset(0ms);
    };
    with_own_timer(again, 0ms, 5);
  }

  void fault_17_of_many_due_at_once_each_fires_once() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      const std::size_t many = count(1'000'000);
      Pool pool{dispatch, 3, 4, mechanism};
      std::vector<strata::Timer> timers;
      std::vector<std::atomic<int>> fired(many);
      std::latch all{static_cast<std::ptrdiff_t>(many)};
      for (std::size_t i = 0; i < many; ++i) {
        timers.push_back(pool.reactor->schedule(pool.places[i % 4].ref, 1ms, [&, i] {
          if (fired[i]++ == 0) all.count_down();
        }));
      }
      pool.start();
      all.wait();
      pool.stop();
      for (const auto& one : fired) CPPUNIT_ASSERT_EQUAL(1, one.load());
      for (auto& timer : timers) CPPUNIT_ASSERT(!timer.active());
    });
  }

  void fault_17_any_delay_is_a_delay() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 1, mechanism};
      std::latch soon{3};
      std::atomic<int> late{0};
      const auto at = [&](strata::Duration after, auto call) {
        return pool.reactor->schedule(pool.places[0].ref, after, call);
      };
      const auto now = [&] { soon.count_down(); };
      std::array<strata::Timer, 5> timers{at(0ns, now), at(-1h, now), at(strata::Duration::min(), now),
                                          at(strata::Duration::max(), [&] { ++late; }),
                                          at(24h * 365 * 100, [&] { ++late; })};
      pool.start();
      CPPUNIT_ASSERT(comes(soon));
      pool.stop();
      CPPUNIT_ASSERT_EQUAL(0, late.load());
      CPPUNIT_ASSERT(timers[3].active() && timers[4].active());
      for (auto& timer : timers) timer.cancel();
    });
  }

  void fault_18_a_full_queue_refuses_and_loses_nothing() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 1, mechanism, 64};
      std::latch full{1}, blocked{1};
      std::atomic<int> ran{0};
      int accepted = 0;
      CPPUNIT_ASSERT(pool.reactor->post([&] {
        blocked.count_down();
        full.wait();
      }).has_value());
      pool.start();
      blocked.wait();
      Result<> last;
      while ((last = pool.reactor->post([&] { ++ran; }))) ++accepted;  // the strand is busy: nobody runs them
      CPPUNIT_ASSERT(last.error() == std::errc::no_buffer_space);
      CPPUNIT_ASSERT(accepted >= 64);
      full.count_down();
      CPPUNIT_ASSERT(comes([&] { return ran == accepted; }));
      CPPUNIT_ASSERT(comes([&] { return pool.reactor->post([] {}).has_value(); }));
      pool.stop();
    });
  }

  void fault_18_a_stopped_reactor_refuses() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 1, mechanism};
      std::atomic<int> ran{0};
      pool.start();
      int accepted = 0;
      for (int i = 0; i < 100; ++i) accepted += pool.reactor->post(pool.places[0].ref, [&] { ++ran; }) ? 1 : 0;
      pool.stop();
      const Result<> refused = pool.reactor->post([] {});
      CPPUNIT_ASSERT(!refused && refused.error() == strata::errc::stopping);
      CPPUNIT_ASSERT_EQUAL(accepted, ran.load());
    });
  }

  /// The pool's threads are not in the child; there a reactor of its own works, and nothing of the parent's is touched.
  void fault_22_a_child_opens_its_own_and_the_parent_goes_on() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 3, 1, mechanism};
      std::atomic<int> heard{0};
      pool.places[0].guest->on_input = [&] { ++heard; };
      pool.start();
      pool.say(0);
      CPPUNIT_ASSERT(comes([&] { return heard >= 1; }));
      const int ended = in_a_child([&] {
        if (sanitized) return 0;  // their runtimes do not bear it after a fork of many threads
        bool ran = false;
        auto own = Reactor::open();
        return own && (*own)->post([&] { ran = true; }) && (*own)->poll() && ran ? 0 : 1;
      });
      CPPUNIT_ASSERT_EQUAL(0, ended);
      const int before = heard;
      pool.say(0);
      CPPUNIT_ASSERT(comes([&] { return heard > before; }));
      CPPUNIT_ASSERT(pool.reactor->post(pool.places[0].ref, [&] { heard = 1000; }).has_value());
      CPPUNIT_ASSERT(comes([&] { return heard >= 1000; }));
      pool.stop();
    });
  }

  void fault_23_a_storm_of_signals_is_coalesced() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      constexpr int storm = 1'000;
      Pool pool{dispatch, 2, 1, mechanism};
      std::atomic<int> heard{0};
      auto source = os::Signal_Source::open({os::Signal::user1, os::Signal::user2});
      CPPUNIT_ASSERT(source.has_value());
      CPPUNIT_ASSERT(pool.reactor->adopt(std::make_unique<Signals>(std::move(*source), heard), Event_Mask::input)
                         .has_value());
      for (int i = 0; i < storm; ++i) ::kill(::getpid(), SIGUSR1);  // nobody reads yet: they are one
      pool.start();
      CPPUNIT_ASSERT(comes([&] { return heard == 1; }));
      for (int i = 0; i < storm; ++i) ::kill(::getpid(), SIGUSR1);
      ::kill(::getpid(), SIGUSR2);
      CPPUNIT_ASSERT(comes([&] { return heard >= 3; }));
      pool.stop();
      CPPUNIT_ASSERT(heard <= 1 + storm + 1);
      auto rest = os::Signal_Source::open({os::Signal::user1, os::Signal::user2});
      while (rest->next()) {  // or the next who opens one hears them
      }
    });
  }

  /// By ten hours and a half, and ten years on the wall.
  void fault_23_a_clock_that_jumps_is_caught_up_with_once() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      const Jumping_Clock clock;
      Pool pool{dispatch, 2, 1, mechanism};
      std::atomic<int> fired{0}, looked{0};
      const strata::Timer timer = pool.reactor->schedule(pool.places[0].ref, 1h, [&] { ++fired; }, 1h);
      pool.start();
      const auto look = [&] {
        const int before = looked;
        for (int i = 0; i < 3; ++i) {  // the post wakes it, its timers are looked at before the next
          CPPUNIT_ASSERT(pool.reactor->post(pool.places[0].ref, [&] { ++looked; }).has_value());
          CPPUNIT_ASSERT(comes([&] { return looked > before + i; }));
        }
      };
      Jumping_Clock::wall = std::chrono::nanoseconds{24h * 3650}.count();
      look();
      CPPUNIT_ASSERT_EQUAL(0, fired.load());
      Jumping_Clock::wall = -std::chrono::nanoseconds{24h * 3650}.count();
      Jumping_Clock::monotonic = std::chrono::nanoseconds{10h + 30min}.count();
      look();
      CPPUNIT_ASSERT(comes([&] { return fired == 1; }));
      look();
      CPPUNIT_ASSERT_EQUAL(1, fired.load());
      pool.stop();
    });
  }

 private:
  /// A timer of a handler fires `times` in all, where each upcall of it does that.
  template <class Act>
  void with_own_timer(Act act, strata::Duration interval, int times) {
    on_each_pool([=](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 3, 1, mechanism};
      std::atomic<int> fired{0};
      strata::Timer timer;
      std::latch passed{10};
      timer = pool.reactor->schedule(pool.places[0].ref, 0ms, [&] { act(timer, ++fired); }, interval);
      const strata::Timer others = pool.reactor->schedule(1ms, [&] {
        if (!passed.try_wait()) passed.count_down();
      }, 1ms);
      pool.start();
      CPPUNIT_ASSERT(comes([&] { return fired >= times; }));
      passed.wait();
      pool.stop();
      CPPUNIT_ASSERT_EQUAL(times, fired.load());
      CPPUNIT_ASSERT(!timer.active());
    });
  }

  std::optional<Descriptor_Guard> guard_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Pool_Fault_Test);

}  // namespace
