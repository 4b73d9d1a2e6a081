// SPDX-License-Identifier: Apache-2.0
// Code of threads that is wrong in small ways: some seed must find each, and none may find fault with the right one.
// Defects of Strata's own sources stand in ./defects.
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Clock.h>
#include <strata/os/Monitor.h>
#include <strata/os/Thread.h>
#include <strata/sim/Simulator.h>

#include "Kept.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::sim::Simulator;

/// A monitor whose unlock wakes nobody where it should.
struct Forgetful_Monitor {
  void lock() {
    while (taken.exchange(1) != 0) os::park(taken, 1);
  }
  void unlock() {
    taken = 0;
    if (!forgets) os::unpark(taken, 1);
  }
  bool forgets = false;
  std::atomic<std::uint32_t> taken{0};
};

/// A queue whose consumer looks and then sleeps; the wrong one lets a producer come in between.
struct Inbox {
  void put() {
    const std::lock_guard held{monitor};
    ++count;
    filled.notify_one();
  }
  void take() {
    std::unique_lock held{monitor};
    while (count == 0) {
      if (looks_away) {
        held.unlock();
        (void)strata::Clock::now();
        held.lock();
      }
      filled.wait(monitor);
    }
    --count;
  }
  bool looks_away = false;
  int count = 0;
  os::Monitor monitor;
  os::Condition filled;
};

/// Threads that run upcalls of handlers; the wrong one does not mark whose upcall runs.
struct Executor {
  struct Handler {
    int pending = 0;
    bool busy = false, inside = false;
  };

  void work(Simulator& world) {
    std::unique_lock held{monitor};
    for (Handler& handler : handlers) {
      while (handler.pending != 0 && (careless || !handler.busy)) {
        --handler.pending;
        handler.busy = true;
        held.unlock();
        overlaps += std::exchange(handler.inside, true) ? 1 : 0;
        world.may_switch();
        handler.inside = false;
        held.lock();
        handler.busy = false;
      }
    }
  }

  bool careless = false;
  int overlaps = 0;
  os::Monitor monitor;
  std::vector<Handler> handlers{3};
};

class Sim_Defects_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Sim_Defects_Test);
  CPPUNIT_TEST(a_monitor_that_forgets_to_wake);
  CPPUNIT_TEST(a_wake_up_that_comes_before_the_sleep);
  CPPUNIT_TEST(upcalls_of_one_handler_that_overlap);
  CPPUNIT_TEST(a_sum_that_is_read_and_written_apart);
  CPPUNIT_TEST(two_locks_in_two_orders);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_monitor_that_forgets_to_wake() {
    expect_found([](Simulator&, bool wrong) {
      Forgetful_Monitor monitor{.forgets = wrong};
      together([&monitor] {
        for (int i = 0; i < 3; ++i) {
          const std::lock_guard held{monitor};
          (void)strata::Clock::now();
        }
      });
      return std::string{};
    });
  }

  void a_wake_up_that_comes_before_the_sleep() {
    expect_found([](Simulator&, bool wrong) {
      Inbox inbox;
      inbox.looks_away = wrong;
      os::Thread consumer = std::move(*os::spawn("takes", [&inbox] { inbox.take(); }));
      inbox.put();
      return std::string{};
    });
  }

  void upcalls_of_one_handler_that_overlap() {
    expect_found([](Simulator& world, bool wrong) {
      Executor executor;
      executor.careless = wrong;
      for (auto& handler : executor.handlers) handler.pending = 2;
      together([&] { executor.work(world); });
      return executor.overlaps == 0 ? "" : "two upcalls of one handler at once";
    });
  }

  void a_sum_that_is_read_and_written_apart() {
    expect_found([](Simulator& world, bool wrong) {
      int sum = 0;
      together([&] {
        const int before = sum;
        if (wrong) world.may_switch();
        sum = before + 1;
      });
      return sum == 2 ? "" : "one was lost";
    });
  }

  void two_locks_in_two_orders() {
    expect_found([](Simulator& world, bool wrong) {
      os::Monitor one, two;
      const auto both = [&world](os::Monitor& first, os::Monitor& second) {
        const std::lock_guard held{first};
        world.may_switch();
        const std::lock_guard held_too{second};
      };
      os::Thread left = std::move(*os::spawn("left", [&] { both(one, two); }));
      os::Thread right = std::move(*os::spawn("right", [&] { wrong ? both(two, one) : both(one, two); }));
      return std::string{};
    });
  }

 private:
  static constexpr std::uint64_t seeds = 200;

  static void together(const std::function<void()>& body) {
    os::Thread first = std::move(*os::spawn("first", [&body] { body(); }));
    os::Thread second = std::move(*os::spawn("second", [&body] { body(); }));
  }

  /// `scenario(world, wrong)` says what was wrong, or never ends.
  template <class Scenario>
  static void expect_found(Scenario scenario) {
    CPPUNIT_ASSERT_EQUAL(std::string{}, first_fault(scenario, false));
    CPPUNIT_ASSERT(!first_fault(scenario, true).empty());
  }

  template <class Scenario>
  static std::string first_fault(Scenario scenario, bool wrong) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      Simulator world{seed};
      auto fault = std::make_unique<std::string>();
      const auto ran = world.run([&, result = fault.get()] { *result = scenario(world, wrong); });
      if (!ran) strata_test::keep(std::move(fault));
      if (!ran) return world.diagnosis();
      if (!fault->empty()) return *fault;
    }
    return {};
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Defects_Test);

}  // namespace
