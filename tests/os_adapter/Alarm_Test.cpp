// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Alarm.h>

#include <chrono>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Operations.h>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;
using strata::Clock;

class Alarm_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Alarm_Test);
  CPPUNIT_TEST(it_rings_when_its_time_has_come);
  CPPUNIT_TEST(a_new_time_replaces_the_old);
  CPPUNIT_TEST(a_time_of_long_ago_rings_at_once);
  CPPUNIT_TEST(each_ring_is_one_edge);
  CPPUNIT_TEST(a_system_without_it_says_so);
  CPPUNIT_TEST_SUITE_END();

  static std::size_t ready(os::Demultiplexer& demultiplexer, strata::Duration timeout) {
    os::Ready found[4];
    return value_of(demultiplexer.wait(found, timeout));
  }

 public:
  void it_rings_when_its_time_has_come() {
    os::Alarm alarm = value_of(os::Alarm::open());
    auto poll = value_of(os::open_demultiplexer("poll"));
    expect_done(poll->add(alarm.handle(), os::Interest::input, 1));
    const strata::Time_Point when = Clock::now() + 2ms;
    expect_done(alarm.set(when));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ready(*poll, -1ns));
    CPPUNIT_ASSERT(Clock::now() >= when);
  }

  void a_new_time_replaces_the_old() {
    os::Alarm alarm = value_of(os::Alarm::open());
    auto poll = value_of(os::open_demultiplexer("poll"));
    expect_done(poll->add(alarm.handle(), os::Interest::input, 1));
    expect_done(alarm.set(Clock::now()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ready(*poll, -1ns));
    expect_done(alarm.set(Clock::now() + 1h));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ready(*poll, 0ns));
  }

  void a_time_of_long_ago_rings_at_once() {
    for (const strata::Time_Point when : {Clock::now() - 1h, strata::Time_Point{}, strata::Time_Point{-5ns}}) {
      os::Alarm alarm = value_of(os::Alarm::open());
      auto poll = value_of(os::open_demultiplexer("poll"));
      expect_done(poll->add(alarm.handle(), os::Interest::input, 1));
      expect_done(alarm.set(when));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ready(*poll, -1ns));
    }
  }

  void each_ring_is_one_edge() {
    os::Alarm alarm = value_of(os::Alarm::open());
    auto epoll = value_of(os::open_demultiplexer("epoll"));
    CPPUNIT_ASSERT(value_of(epoll->add_waker(alarm.handle(), 1)));
    for (int i = 0; i < 3; ++i) {
      expect_done(alarm.set(Clock::now()));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ready(*epoll, -1ns));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, ready(*epoll, 0ns));
    }
  }

  void a_system_without_it_says_so() {
    Fault_Table faults;
    faults.fail<&os::Operations::timer_open>(std::errc::function_not_supported, 1);
    expect_error(std::errc::function_not_supported, os::Alarm::open());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Alarm_Test);

}  // namespace
