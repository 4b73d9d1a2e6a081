// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service_Repository.h>

#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Recorder_Rig.h"

using namespace strata_test;

class Service_Repository_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Repository_Test);
  CPPUNIT_TEST(services_are_prepared_then_started_in_the_order_of_the_file);
  CPPUNIT_TEST(services_are_stopped_in_reverse_and_all_awaited);
  CPPUNIT_TEST(a_prepare_that_fails_starts_nothing);
  CPPUNIT_TEST(a_start_that_fails_stops_those_before_it_in_reverse);
  CPPUNIT_TEST(a_second_stop_overtakes_the_first);
  CPPUNIT_TEST(a_stop_of_what_does_not_run_ends_at_once);
  CPPUNIT_TEST(endpoints_carry_the_names_of_their_services);
  CPPUNIT_TEST(an_unknown_kind_says_what_was_probably_meant);
  CPPUNIT_TEST(a_name_that_stands_twice_is_told);
  CPPUNIT_TEST(options_that_a_kind_does_not_know_are_told);
  CPPUNIT_TEST_SUITE_END();

  Recorder_Rig rig_;

 public:
  void setUp() override { rig_.open(); }
  void tearDown() override { rig_.close(); }

 private:
  void start(const std::vector<std::string>& entries) {
    rig_.start(entries);
    Recorder::trace.clear();
  }

  void services_are_prepared_then_started_in_the_order_of_the_file() {
    rig_.configure({recorder("a"), recorder("b")});
    CPPUNIT_ASSERT(rig_.prepare());
    CPPUNIT_ASSERT(rig_.services->start());
    expect_trace({"a:prepare", "b:prepare", "a:start", "b:start"});
    CPPUNIT_ASSERT(rig_.services->running());
    rig_.stop({});
  }

  void services_are_stopped_in_reverse_and_all_awaited() {
    start({recorder("a", ", lingers: true"), recorder("b"), recorder("c", ", lingers: true")});
    rig_.stop(10s);
    expect_trace({"c:drain", "b:drain", "a:drain"});
    Recorder::lingering[1]();
    CPPUNIT_ASSERT_EQUAL(0, rig_.stopped);
    Recorder::lingering[0]();
    CPPUNIT_ASSERT_EQUAL(1, rig_.stopped);
    CPPUNIT_ASSERT(!rig_.services->running());
  }

  void a_prepare_that_fails_starts_nothing() {
    rig_.configure({recorder("a"), recorder("b", ", fail: prepare"), recorder("c")});
    const Outcome<> prepared = rig_.prepare();
    CPPUNIT_ASSERT(!prepared);
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:2:3: error: service b: b: Input/output error"}, prepared.error().what);
    expect_trace({"a:prepare", "b:prepare"});
    CPPUNIT_ASSERT(!rig_.services->running());
  }

  void a_start_that_fails_stops_those_before_it_in_reverse() {
    rig_.configure({recorder("a"), recorder("b"), recorder("c", ", fail: start"), recorder("d")});
    CPPUNIT_ASSERT(rig_.prepare());
    Recorder::trace.clear();
    CPPUNIT_ASSERT(!rig_.services->start());
    expect_trace({"a:start", "b:start", "c:start", "b:stop", "a:stop"});
    CPPUNIT_ASSERT(!rig_.services->running());
  }

  void a_second_stop_overtakes_the_first() {
    start({recorder("a", ", lingers: true"), recorder("b", ", lingers: true")});
    rig_.stop(10s);
    rig_.stop({});
    expect_trace({"b:drain", "a:drain", "b:stop", "a:stop"});
    CPPUNIT_ASSERT_EQUAL(1, rig_.stopped);
  }

  void a_stop_of_what_does_not_run_ends_at_once() {
    rig_.configure({recorder("a")});
    rig_.stop(10s);
    CPPUNIT_ASSERT_EQUAL(1, rig_.stopped);
    expect_trace({});
  }

  void endpoints_carry_the_names_of_their_services() {
    start({recorder("a"), recorder("b")});
    CPPUNIT_ASSERT(rig_.services->endpoints() == (std::vector<std::string>{"a at:a", "b at:b"}));
    rig_.stop({});
  }

  void an_unknown_kind_says_what_was_probably_meant() {
    rig_.configure({"{ name: a, kind: recroder }"});
    CPPUNIT_ASSERT_EQUAL(
        std::string{"a.yaml:1:20: error: kind: no kind is called \"recroder\"; did you mean \"recorder\"?\n"},
        rig_.errors.text());
  }

  void a_name_that_stands_twice_is_told() {
    rig_.configure({recorder("a"), recorder("b"), recorder("a")});
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:3:11: error: name: \"a\" is taken by the service at line 1, column 11\n"},
                         rig_.errors.text());
  }

  void options_that_a_kind_does_not_know_are_told() {
    rig_.configure({recorder("a", ", fial: start")});
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:30: error: unknown key \"fial\"; did you mean \"fail\"?\n"},
                         rig_.errors.text());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Repository_Test);
