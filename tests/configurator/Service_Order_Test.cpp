// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Recorder_Rig.h"

namespace {

using namespace strata_test;

/// In which order a repository starts and stops what its file says.
class Service_Order_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Order_Test);
  CPPUNIT_TEST(a_service_starts_behind_those_that_it_names);
  CPPUNIT_TEST(others_keep_the_order_of_the_file);
  CPPUNIT_TEST(a_service_stops_when_those_behind_it_have);
  CPPUNIT_TEST(a_second_stop_goes_through_all_of_them);
  CPPUNIT_TEST(what_is_not_enabled_is_checked_and_not_started);
  CPPUNIT_TEST(a_name_that_nobody_has_is_told);
  CPPUNIT_TEST(what_is_required_must_be_enabled);
  CPPUNIT_TEST(a_ring_is_told_once);
  CPPUNIT_TEST_SUITE_END();

  Recorder_Rig rig_;

 public:
  void setUp() override { rig_.open(); }
  void tearDown() override { rig_.close(); }

 private:
  void expect_mistakes(const std::string& text, const std::vector<std::string>& entries) {
    rig_.configure(entries);
    CPPUNIT_ASSERT_EQUAL(text, rig_.errors.text());
  }

  void a_service_starts_behind_those_that_it_names() {
    rig_.start({recorder("a", ", after: [c]"), recorder("b", ", requires: [d]"), recorder("c", ", requires: [d]"),
                recorder("d")});
    expect_trace({"d:start", "c:start", "a:start", "b:start"});
    rig_.stop({});
    CPPUNIT_ASSERT_EQUAL(1, rig_.stopped);
  }

  void others_keep_the_order_of_the_file() {
    rig_.start({recorder("a"), recorder("b", ", after: [d]"), recorder("c"), recorder("d")});
    expect_trace({"a:start", "d:start", "b:start", "c:start"});
    rig_.stop({});
  }

  void a_service_stops_when_those_behind_it_have() {
    rig_.start({recorder("a", ", lingers: true"), recorder("b", ", after: [a], lingers: true"),
           recorder("c", ", requires: [b], lingers: true"), recorder("d", ", lingers: true")});
    Recorder::trace.clear();
    rig_.stop(10s);
    expect_trace({"d:drain", "c:drain"});
    Recorder::lingering[1]();
    expect_trace({"d:drain", "c:drain", "b:drain"});
    Recorder::lingering[2]();
    expect_trace({"d:drain", "c:drain", "b:drain", "a:drain"});
    Recorder::lingering[0]();
    CPPUNIT_ASSERT_EQUAL(0, rig_.stopped);
    Recorder::lingering[3]();
    CPPUNIT_ASSERT_EQUAL(1, rig_.stopped);
  }

  void a_second_stop_goes_through_all_of_them() {
    rig_.start({recorder("a", ", lingers: true"), recorder("b", ", after: [a], lingers: true")});
    Recorder::trace.clear();
    rig_.stop(10s);
    rig_.stop({});
    expect_trace({"b:drain", "b:stop", "a:stop"});
    CPPUNIT_ASSERT_EQUAL(1, rig_.stopped);
  }

  void what_is_not_enabled_is_checked_and_not_started() {
    rig_.start({recorder("a", ", enabled: false"), recorder("b", ", after: [a]")});
    expect_trace({"b:start"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig_.services->endpoints().size());
    rig_.stop({});
    expect_mistakes("a.yaml:1:46: error: unknown key \"lingrs\"; did you mean \"lingers\"?\n",
                    {recorder("a", ", enabled: false, lingrs: true")});
  }

  void a_name_that_nobody_has_is_told() {
    expect_mistakes("a.yaml:2:38: error: no service is called \"frist\"; did you mean \"first\"?\n",
                    {recorder("first"), recorder("b", ", after: [frist]")});
  }

  void what_is_required_must_be_enabled() {
    expect_mistakes("a.yaml:2:41: error: \"a\" is not enabled\n",
                    {recorder("a", ", enabled: false"), recorder("b", ", requires: [a]")});
  }

  void a_ring_is_told_once() {
    expect_mistakes("a.yaml:2:3: error: \"b\" waits for \"c\" waits for \"b\"\n",
                    {recorder("a", ", after: [b]"), recorder("b", ", after: [c]"), recorder("c", ", requires: [b]")});
    expect_mistakes("a.yaml:1:3: error: \"a\" waits for \"a\"\n", {recorder("a", ", after: [a]")});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Order_Test);

}  // namespace
