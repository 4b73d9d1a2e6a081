// SPDX-License-Identifier: Apache-2.0
// Threads of the simulator: the seed says who goes on, the clock moves when nobody can, who can never go on is told.
#include <array>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Clock.h>
#include <strata/os/Demultiplexer.h>
#include <strata/os/Monitor.h>
#include <strata/os/Thread.h>
#include <strata/os/Waker.h>
#include <strata/sim/Simulator.h>

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::sim::Faults;
using strata::sim::Simulator;

class Sim_Threads_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Sim_Threads_Test);
  CPPUNIT_TEST(a_thread_runs_and_is_joined);
  CPPUNIT_TEST(a_start_may_be_refused);
  CPPUNIT_TEST(a_monitor_keeps_threads_apart);
  CPPUNIT_TEST(one_seed_gives_one_trace_to_the_byte);
  CPPUNIT_TEST(seeds_explore_orders);
  CPPUNIT_TEST(without_switches_a_thread_runs_until_it_waits);
  CPPUNIT_TEST(a_wait_under_a_monitor_takes_virtual_time);
  CPPUNIT_TEST(the_clock_stands_while_somebody_can_go_on);
  CPPUNIT_TEST(whom_a_notify_wakes_is_the_seeds_choice);
  CPPUNIT_TEST(a_wake_reaches_a_wait_of_another_thread);
  CPPUNIT_TEST(many_wait_for_events_at_once);
  CPPUNIT_TEST(a_set_that_is_not_concurrent_may_not_be_changed_in_a_wait);
  CPPUNIT_TEST(an_event_beside_threads_may_wait);
  CPPUNIT_TEST(what_a_run_throws_comes_out);
  CPPUNIT_TEST(a_deadlock_names_who_waits_and_the_seed);
  CPPUNIT_TEST(a_deadlock_fails_the_waits_for_events);
  CPPUNIT_TEST(a_thread_that_spins_ends_the_run);
  CPPUNIT_TEST(a_simulation_after_a_deadlock_is_like_any);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_thread_runs_and_is_joined() {
    Simulator simulator{1};
    const std::thread::id here = std::this_thread::get_id();
    bool ran = false, elsewhere = false;
    os::Thread thread = spawn("one", [&] {
      ran = true;
      elsewhere = std::this_thread::get_id() != here;
    });
    thread.join();
    CPPUNIT_ASSERT(ran && elsewhere);
  }

  void a_start_may_be_refused() {
    Simulator simulator{1, {.no_thread = 1}};
    const auto refused = os::spawn("one", [] {});
    CPPUNIT_ASSERT(!refused && refused.error() == std::errc::resource_unavailable_try_again);
  }

  void a_monitor_keeps_threads_apart() {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      Simulator simulator{seed};
      os::Monitor monitor;
      int inside = 0, sum = 0;
      const auto add = [&] {
        for (int i = 0; i < 20; ++i) {
          const std::lock_guard held{monitor};
          CPPUNIT_ASSERT_EQUAL(1, ++inside);
          simulator.may_switch();
          ++sum;
          --inside;
        }
      };
      at_once(3, add);
      CPPUNIT_ASSERT_EQUAL(60, sum);
    }
  }

  void one_seed_gives_one_trace_to_the_byte() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) CPPUNIT_ASSERT_EQUAL(story(seed), story(seed));
  }

  void seeds_explore_orders() {
    std::set<std::string> stories, orders;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      stories.insert(story(seed));
      orders.insert(order(seed));
    }
    CPPUNIT_ASSERT(stories.size() > 95);
    CPPUNIT_ASSERT(orders.size() > 50);
  }

  void without_switches_a_thread_runs_until_it_waits() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const std::string text = order(seed, 0);
      CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{2}, changes(text));  // aaaabbbbcccc, in some order
    }
  }

  void a_wait_under_a_monitor_takes_virtual_time() {
    Simulator simulator{1};
    os::Monitor monitor;
    os::Condition never;
    const auto before = simulator.now();
    const std::lock_guard held{monitor};
    never.wait(monitor, 24h);
    CPPUNIT_ASSERT(simulator.now() - before == 24h);
  }

  void the_clock_stands_while_somebody_can_go_on() {
    Simulator simulator{1};
    os::Thread sleeper = spawn("sleeps", [&] { simulator.advance(1s); });
    const auto before = simulator.now();
    for (int i = 0; i < 1'000; ++i) CPPUNIT_ASSERT(strata::Clock::now() == before);
    sleeper.join();
    CPPUNIT_ASSERT(simulator.now() - before == 1s);
  }

  void whom_a_notify_wakes_is_the_seeds_choice() {
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 100; ++seed) orders.insert(order_of_waking(seed));
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, orders.size());
  }

  void a_wake_reaches_a_wait_of_another_thread() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Simulator simulator{seed};
      os::Waker waker = *os::Waker::open();
      os::Thread waits = spawn("waits", [&] { CPPUNIT_ASSERT_EQUAL(std::size_t{1}, wait_for(waker)); });
      waker.wake();
      waits.join();
    }
  }

  void many_wait_for_events_at_once() {
    Simulator simulator{1};
    std::array<os::Waker, 3> wakers{*os::Waker::open(), *os::Waker::open(), *os::Waker::open()};
    std::vector<os::Thread> threads;
    for (std::size_t i = 0; i < 3; ++i) {
      threads.push_back(spawn("waits", [&, i] {
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, wait_for(wakers[i]));
        if (i != 0) wakers[i - 1].wake();
      }));
    }
    simulator.after(1s, [&] { wakers[2].wake(); });
    threads.clear();
    CPPUNIT_ASSERT(simulator.diagnosis().empty());
  }

  void a_set_that_is_not_concurrent_may_not_be_changed_in_a_wait() {
    std::set<bool> kinds;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Simulator simulator{seed};
      const auto set = *os::open_demultiplexer("auto");
      os::Waker waker = *os::Waker::open();
      bool failed = false;
      os::Thread waits = spawn("waits", [&] {
        std::array<os::Ready, 1> ready;
        failed = !set->wait(ready, -1s);
      });
      while (!failed && simulator.now() == started_) simulator.advance(1ms);
      (void)set->add(waker.handle(), os::Interest::input, 1);
      waker.wake();
      waits.join();
      CPPUNIT_ASSERT_EQUAL(!set->concurrent(), failed);
      CPPUNIT_ASSERT_EQUAL(failed, simulator.diagnosis().contains("not concurrent"));
      kinds.insert(failed);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, kinds.size());
  }

  void an_event_beside_threads_may_wait() {
    Simulator simulator{1};
    os::Monitor monitor;
    bool happened = false;
    os::Thread holds = spawn("holds", [&] {
      const std::lock_guard held{monitor};
      simulator.advance(2s);
      CPPUNIT_ASSERT(!happened);
    });
    simulator.after(1s, [&] {
      const std::lock_guard held{monitor};
      happened = true;
    });
    holds.join();
    simulator.advance(1s);
    CPPUNIT_ASSERT(happened);
  }

  void what_a_run_throws_comes_out() {
    Simulator simulator{1};
    CPPUNIT_ASSERT_THROW((void)simulator.run([] { throw std::runtime_error{"no"}; }), std::runtime_error);
    CPPUNIT_ASSERT(simulator.run([] {}).has_value());
  }

  void a_deadlock_names_who_waits_and_the_seed() {
    Simulator simulator{7};
    simulator.switch_rate(0.5);
    const auto ran = simulator.run([] {
      os::Monitor first, second;
      const auto take_both = [](os::Monitor& one, os::Monitor& other) {
        const std::lock_guard held{one};
        for (int i = 0; i < 100; ++i) (void)strata::Clock::now();  // time for the other to take its first
        const std::lock_guard held_too{other};
      };
      os::Thread left = spawn("left", [&] { take_both(first, second); });
      os::Thread right = spawn("right", [&] { take_both(second, first); });
    });
    CPPUNIT_ASSERT(!ran && ran.error() == std::errc::resource_deadlock_would_occur);
    CPPUNIT_ASSERT_EQUAL(
        std::string{"deadlock: nobody can go on and nothing will happen; main joins right, left is parked at word 1, "
                    "right is parked at word 2 (seed 7)"},
        simulator.diagnosis());
  }

  void a_deadlock_fails_the_waits_for_events() {
    Simulator simulator{1};
    os::Thread waits = spawn("waits", [&] {
      os::Waker waker = *os::Waker::open();
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, wait_for(waker));
    });
    waits.join();
    CPPUNIT_ASSERT(simulator.diagnosis().contains("main joins waits, waits waits for events"));
  }

  void a_thread_that_spins_ends_the_run() {
    Simulator simulator{1};
    simulator.calls_at_once(1'000);
    const auto ran = simulator.run([] {
      for (;;) (void)strata::Clock::now();
    });
    CPPUNIT_ASSERT(!ran && simulator.diagnosis().contains("the threads spin"));
  }

  void a_simulation_after_a_deadlock_is_like_any() {
    a_deadlock_names_who_waits_and_the_seed();
    a_wake_reaches_a_wait_of_another_thread();
  }

 private:
  static os::Thread spawn(std::string name, std::move_only_function<void()> body) {
    auto thread = os::spawn(std::move(name), std::move(body));
    CPPUNIT_ASSERT(thread.has_value());
    return std::move(*thread);
  }

  template <class Body>
  static void at_once(int count, Body body) {
    std::vector<os::Thread> threads;
    for (int i = 0; i < count; ++i) threads.push_back(spawn("t" + std::to_string(i), [&body] { body(); }));
  }

  /// Waits for ever; 0: the wait failed.
  static std::size_t wait_for(os::Waker& waker) {
    const auto set = *os::open_demultiplexer("auto");
    (void)*set->add_waker(waker.handle(), 1);
    std::array<os::Ready, 4> ready;
    return set->wait(ready, -1s).value_or(0);
  }

  /// All calls of a run of threads that lock, wait and wake.
  static std::string story(std::uint64_t seed) {
    strata::sim::Random random{seed};
    Simulator simulator{seed, Faults::drawn(random)};
    std::ostringstream text;
    simulator.trace().print_live(&text);
    os::Monitor monitor;
    os::Condition changed;
    int turn = 0;
    const auto work = [&] {
      for (int i = 0; i < 5; ++i) {
        const std::lock_guard held{monitor};
        if (++turn % 2 == 0) {
          changed.notify_all();
        } else {
          changed.wait(monitor, 1ms);
        }
      }
    };
    at_once(3, work);
    return text.str();
  }

  /// Which of three threads did what came next.
  static std::string order(std::uint64_t seed, double rate = 0.3) {
    Simulator simulator{seed};
    simulator.switch_rate(rate);
    std::string text;
    std::vector<os::Thread> threads;
    for (const char name : {'a', 'b', 'c'}) {
      threads.push_back(spawn(std::string{name}, [&, name] {
        for (int i = 0; i < 4; ++i) {
          text += name;
          (void)strata::Clock::now();
        }
      }));
    }
    threads.clear();
    return text;
  }

  static std::ptrdiff_t changes(const std::string& text) {
    std::ptrdiff_t count = 0;
    for (std::size_t i = 1; i < text.size(); ++i) count += text[i] != text[i - 1] ? 1 : 0;
    return count;
  }

  static std::string order_of_waking(std::uint64_t seed) {
    Simulator simulator{seed};
    os::Monitor monitor;
    os::Condition woken;
    std::string text;
    std::vector<os::Thread> threads;
    int waiting = 0, may_go = 0;
    for (const char name : {'a', 'b', 'c'}) {
      threads.push_back(spawn(std::string{name}, [&, name] {
        const std::lock_guard held{monitor};
        ++waiting;
        while (may_go == 0) woken.wait(monitor);
        --may_go;
        text += name;
      }));
    }
    while (waiting != 3) simulator.advance(1ms);
    for (int i = 0; i < 3; ++i) {
      {
        const std::lock_guard held{monitor};
        ++may_go;
      }
      woken.notify_one();
      simulator.advance(1ms);
    }
    threads.clear();
    return text;
  }

  const strata::Time_Point started_{std::chrono::hours{1}};
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Threads_Test);

}  // namespace
