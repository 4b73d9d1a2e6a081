// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service_Repository.h>

#include <chrono>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>
#include <strata_test/Virtual_Time.h>

#include "Recorder_Rig.h"

namespace {

using namespace strata_test;
using namespace std::chrono_literals;
using Phase = Service_State::Phase;

class Service_Restart_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Restart_Test);
  CPPUNIT_TEST(one_that_fails_stops_alone);
  CPPUNIT_TEST(one_that_restarts_starts_again_after_a_pause);
  CPPUNIT_TEST(the_pause_doubles_to_a_minute);
  CPPUNIT_TEST(one_that_ran_long_waits_little);
  CPPUNIT_TEST(a_start_that_fails_is_tried_again_where_it_restarts);
  CPPUNIT_TEST(a_start_that_fails_is_an_error_where_it_does_not);
  CPPUNIT_TEST(the_last_failure_is_told);
  CPPUNIT_TEST(a_stop_ends_the_waiting);
  CPPUNIT_TEST(a_stop_meets_one_that_is_failing);
  CPPUNIT_TEST(a_failure_is_told_once_until_it_runs_again);
  CPPUNIT_TEST(states_tell_names_phases_and_errors);
  CPPUNIT_TEST_SUITE_END();

  std::optional<Virtual_Time> time_;
  Recorder_Rig rig_;

  void start(const std::vector<std::string>& entries) {
    rig_.start(entries);
    Recorder::trace.clear();
  }
  void start_with_failures(int count, const std::vector<std::string>& entries) {
    rig_.configure(entries);
    CPPUNIT_ASSERT(rig_.prepare());
    Recorder::failing_starts = count;
    CPPUNIT_ASSERT(rig_.services->start());
  }
  void fail_now(const std::string& name) {
    Recorder::failed.at(name)({std::make_error_code(std::errc::io_error), "its disk"});
  }
  void pass(Duration time) { CPPUNIT_ASSERT(rig_.reactor->run_for(time)); }
  Service_State state(std::size_t index = 0) { return rig_.services->states().at(index); }
  static std::string restarting(const std::string& name) { return recorder(name, ", restart: on_failure"); }

 public:
  void setUp() override {
    Log_System::process().set_level("", Log_Level::off);
    time_.emplace();
    rig_.open();
  }
  void tearDown() override {
    if (rig_.services) rig_.stop({});
    rig_.close();
    rig_.reactor.reset();
    time_.reset();
  }

  void one_that_fails_stops_alone() {
    start({recorder("a"), recorder("b")});
    fail_now("a");
    expect_trace({});  // not at once: it may be on the stack
    pass(10ms);
    expect_trace({"a:stop"});
    pass(2min);
    expect_trace({"a:stop"});
    CPPUNIT_ASSERT(state(0).phase == Phase::failed);
    CPPUNIT_ASSERT(state(1).phase == Phase::running);
  }

  void one_that_restarts_starts_again_after_a_pause() {
    start({restarting("a"), recorder("b")});
    fail_now("a");
    pass(400ms);
    expect_trace({"a:stop"});
    CPPUNIT_ASSERT(state().phase == Phase::waiting);
    pass(1s);
    expect_trace({"a:stop", "a:start"});
    CPPUNIT_ASSERT(state().phase == Phase::running);
  }

  void the_pause_doubles_to_a_minute() {
    start({restarting("a")});
    Recorder::failing_starts = 1'000'000;
    fail_now("a");
    pass(1h);
    // 1 + 2 + … + 32 s for the first six, then one a minute; each between half and all of it
    CPPUNIT_ASSERT(state().failures >= 60 && state().failures <= 130);
  }

  void one_that_ran_long_waits_little() {
    start({restarting("a")});
    for (int i = 0; i < 20; ++i) {
      fail_now("a");
      pass(1100ms);
      CPPUNIT_ASSERT(state().phase == Phase::running);
      pass(61s);
    }
  }

  void a_start_that_fails_is_tried_again_where_it_restarts() {
    start_with_failures(3, {restarting("a")});
    CPPUNIT_ASSERT(state().phase == Phase::waiting);
    pass(8s);
    CPPUNIT_ASSERT(state().phase == Phase::running);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, state().failures);
  }

  void a_start_that_fails_is_an_error_where_it_does_not() {
    rig_.configure({restarting("a"), recorder("b", ", fail: start")});
    CPPUNIT_ASSERT(rig_.prepare());
    CPPUNIT_ASSERT(!rig_.services->start());
    CPPUNIT_ASSERT(state(0).phase == Phase::stopped);
  }

  void the_last_failure_is_told() {
    start({recorder("a"), recorder("b"), restarting("c")});
    int told = 0;
    rig_.services->when_all_failed([&] { ++told; });
    fail_now("a");
    fail_now("c");
    pass(10s);
    CPPUNIT_ASSERT_EQUAL(0, told);
    fail_now("b");
    pass(10s);
    CPPUNIT_ASSERT_EQUAL(0, told);  // c lives
    start_over_with_one();
    rig_.services->when_all_failed([&] { ++told; });
    fail_now("a");
    pass(1s);
    CPPUNIT_ASSERT_EQUAL(1, told);
  }
  void start_over_with_one() {
    rig_.stop({});
    rig_.close();
    start({recorder("a")});
  }

  void a_stop_ends_the_waiting() {
    start({restarting("a"), recorder("b")});
    fail_now("a");
    pass(10ms);
    Recorder::trace.clear();
    rig_.stop({});
    expect_trace({"b:stop"});
    CPPUNIT_ASSERT_EQUAL(1, rig_.stopped);
    pass(10s);
    expect_trace({"b:stop"});
  }

  void a_stop_meets_one_that_is_failing() {
    start({restarting("a")});
    fail_now("a");
    rig_.stop({});
    CPPUNIT_ASSERT_EQUAL(1, rig_.stopped);
    pass(10s);
    expect_trace({"a:stop"});
    CPPUNIT_ASSERT(state().phase == Phase::stopped);
  }

  void a_failure_is_told_once_until_it_runs_again() {
    start({restarting("a")});
    fail_now("a");
    fail_now("a");
    pass(10ms);
    fail_now("a");
    pass(2s);
    expect_trace({"a:stop", "a:start"});
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, state().failures);
  }

  void states_tell_names_phases_and_errors() {
    start({restarting("a"), recorder("b", ", enabled: false"), recorder("c")});
    fail_now("a");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig_.services->states().size());
    CPPUNIT_ASSERT_EQUAL(std::string{"a"}, state(0).name);
    CPPUNIT_ASSERT_EQUAL(std::string{"failing"}, std::string{to_text(state(0).phase)});
    CPPUNIT_ASSERT_EQUAL(std::string{"its disk"}, state(0).error);
    CPPUNIT_ASSERT_EQUAL(std::string{"c running"}, state(1).name + ' ' + std::string{to_text(state(1).phase)});
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Restart_Test);
