// SPDX-License-Identifier: Apache-2.0
// How a loop's sleep ends at its next timer: by an alarm of the system, else by each wait's timeout.
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <strata/os/Operations.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using os::Operations;
using os::Raw;
using strata::Duration;
using strata::Timer;
using Rig = Reactor_Rig;

/// Counts the waits on epoll that have a timeout, and how often an alarm is set.
class Counting {
 public:
  explicit Counting(bool with_alarms = true) : table_(counting(with_alarms)), scope_(table_) { timeouts = sets = 0; }
  static inline int timeouts = 0, sets = 0;

 private:
  static inline const Operations* below = nullptr;
  static Operations counting(bool with_alarms) {
    below = &os::operations();
    Operations table = *below;
    table.epoll_wait = [](os::Handle epoll, epoll_event* events, int capacity, Duration timeout) {
      if (timeout > Duration::zero()) ++timeouts;
      return below->epoll_wait(epoll, events, capacity, timeout);
    };
    table.timer_set = [](os::Handle timer, std::int64_t at) {
      const Raw set = below->timer_set(timer, at);
      if (set == 0) ++sets;  // not where it was interrupted
      return set;
    };
    if (!with_alarms) table.timer_open = [] { return -static_cast<Raw>(std::errc::function_not_supported); };
    return table;
  }
  Operations table_;
  os::Operations_Scope scope_;
};

class Sleep_Alarm_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Sleep_Alarm_Test);
  CPPUNIT_TEST(a_far_timer_is_an_alarm_and_no_timeout);
  CPPUNIT_TEST(many_waits_before_a_far_timer_set_it_once);
  CPPUNIT_TEST(a_near_timer_is_a_timeout);
  CPPUNIT_TEST(an_earlier_timer_comes_first);
  CPPUNIT_TEST(after_a_cancel_it_rings_in_vain_once);
  CPPUNIT_TEST(where_the_system_has_none_waits_have_timeouts);
  CPPUNIT_TEST(timers_fire_at_the_same_time_on_every_mechanism);
  CPPUNIT_TEST_SUITE_END();

  /// Runs the loop until a timer of `after` stops it, and says how long that took.
  static Duration run_until(Rig& rig, Duration after) {
    const strata::Time_Point start = strata::Clock::now();
    const Timer end = rig.reactor->schedule(after, [&] { rig.reactor->stop(); });
    Rig::expect_ok(rig.reactor->run());
    return strata::Clock::now() - start;
  }

 public:
  void a_far_timer_is_an_alarm_and_no_timeout() {
    Backend backend{"epoll"};
    const Counting counting;
    Rig rig{backend};
    const Duration took = run_until(rig, 10s);
    CPPUNIT_ASSERT(took >= 10s && took <= 10s + 1ms);
    CPPUNIT_ASSERT(Counting::sets >= 1);
    CPPUNIT_ASSERT(Counting::timeouts <= 2);  // the wheel's last slots are near
  }

  void many_waits_before_a_far_timer_set_it_once() {
    Backend backend{"epoll"};
    const Counting counting;
    Rig rig{backend};
    auto a = rig.adopt("");
    int reads = 0;
    a.probe->on_input = [&]() -> strata::Result<> {
      if (++reads == 1000) {
        rig.reactor->stop();
      } else {
        rig.send(a);
      }
      return a.probe->read();
    };
    rig.send(a);
    const Timer far = rig.reactor->schedule(10s, [] {});
    Rig::expect_ok(rig.reactor->run());
    CPPUNIT_ASSERT_EQUAL(1000, reads);
    CPPUNIT_ASSERT_EQUAL(1, Counting::sets);
    CPPUNIT_ASSERT_EQUAL(0, Counting::timeouts);
  }

  void a_near_timer_is_a_timeout() {
    Backend backend{"epoll"};
    const Counting counting;
    Rig rig{backend};
    CPPUNIT_ASSERT(run_until(rig, 5ms) >= 5ms);
    CPPUNIT_ASSERT_EQUAL(0, Counting::sets);
    CPPUNIT_ASSERT(Counting::timeouts >= 1);
  }

  void an_earlier_timer_comes_first() {
    Backend backend{"epoll"};
    Rig rig{backend};
    const strata::Time_Point start = strata::Clock::now();
    Duration early{};
    Timer second;
    const Timer first = rig.reactor->schedule(100ms, [&] {  // the loop sleeps until 10 s are over
      second = rig.reactor->schedule(1s, [&] { early = strata::Clock::now() - start; });
    });
    run_until(rig, 10s);
    CPPUNIT_ASSERT(early >= 1100ms && early <= 1102ms);
  }

  void after_a_cancel_it_rings_in_vain_once() {
    Backend backend{"epoll"};
    Rig rig{backend};
    Timer cancelled = rig.reactor->schedule(1s, [] { CPPUNIT_FAIL("cancelled"); });
    const Timer cancel = rig.reactor->schedule(100ms, [&] { cancelled.cancel(); });
    const std::uint64_t before = rig.reactor->metrics().turns.value() - Interruptions::waits();
    const Duration took = run_until(rig, 60s);
    CPPUNIT_ASSERT(took >= 60s && took <= 60s + 1ms);
    CPPUNIT_ASSERT(rig.reactor->metrics().turns.value() - Interruptions::waits() - before <= 12);
  }

  void where_the_system_has_none_waits_have_timeouts() {
    Backend backend{"epoll"};
    const Counting counting{false};
    Rig rig{backend};
    CPPUNIT_ASSERT(run_until(rig, 10s) >= 10s);
    CPPUNIT_ASSERT_EQUAL(0, Counting::sets);
    CPPUNIT_ASSERT(Counting::timeouts >= 1);
  }

  void timers_fire_at_the_same_time_on_every_mechanism() {
    std::vector<std::pair<std::size_t, Duration>> wanted;
    on_each_backend([&](Rig& rig) {
      std::vector<std::pair<std::size_t, Duration>> fired;
      std::mt19937 random{7};
      std::vector<Timer> timers(40);
      const strata::Time_Point start = strata::Clock::now();
      for (std::size_t i = 0; i < timers.size(); ++i) {
        timers[i] = rig.reactor->schedule(std::chrono::milliseconds{random() % 5000}, [&, i] {
          fired.emplace_back(i, strata::Clock::now() - start);
          Timer& other = timers[random() % timers.size()];
          if (random() % 3 == 0) other.cancel();
          if (random() % 3 == 0) other.reset(std::chrono::milliseconds{random() % 3000});
        });
      }
      const Timer end = rig.reactor->schedule(10s, [&] { rig.reactor->stop(); });
      Rig::expect_ok(rig.reactor->run());
      CPPUNIT_ASSERT(fired.size() > 20);
      if (wanted.empty()) wanted = fired;
      CPPUNIT_ASSERT(fired == wanted);
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sleep_Alarm_Test);

}  // namespace
