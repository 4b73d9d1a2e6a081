// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service_Repository.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/reactor/Reactor.h>

#include "Recorder.h"
#include "Sample_Options.h"

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

  static constexpr Service_Kind kind_{"recorder", &detail::make_object<Recorder>, &detail::object_options<Recorder>};
  static constexpr std::array<const Service_Kind*, 1> kinds_{&kind_};

  std::unique_ptr<Reactor> reactor_;
  std::unique_ptr<Service_Repository> services_;
  Config_Errors errors_;
  int stopped_ = 0;

 public:
  void setUp() override {
    reactor_ = std::move(Reactor::open().value());
    Recorder::trace.clear();
    Recorder::lingering.clear();
    stopped_ = 0;
  }
  void tearDown() override { services_.reset(); }

 private:
  /// Each service on a line of its own, the first on line 1: "{ name: a, kind: recorder, … }".
  void configure(const std::vector<std::string>& entries) {
    std::string text;
    for (const std::string& entry : entries) text += "- " + entry + '\n';
    errors_ = {};
    std::vector<Service_Config> configs;
    constexpr Field list{};
    Value_Type<std::vector<Service_Config>>::read(tree_of(text), list, configs, errors_);
    services_ = std::make_unique<Service_Repository>(Service_Kinds{kinds_});
    services_->configure(configs, errors_);
  }

  static std::string recorder(const std::string& name, const std::string& rest = "") {
    return "{ name: " + name + ", kind: recorder" + rest + " }";
  }

  void start(const std::vector<std::string>& entries) {
    configure(entries);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
    CPPUNIT_ASSERT(services_->prepare({*reactor_, nullptr}));
    CPPUNIT_ASSERT(services_->start());
    Recorder::trace.clear();
  }

  void stop(Duration drain) {
    services_->stop(drain, [this] { ++stopped_; });
  }

  static void expect_trace(const std::vector<std::string>& wanted) {
    std::string all, got;
    for (const std::string& one : wanted) all += one + ' ';
    for (const std::string& one : Recorder::trace) got += one + ' ';
    CPPUNIT_ASSERT_EQUAL(all, got);
  }

  void services_are_prepared_then_started_in_the_order_of_the_file() {
    configure({recorder("a"), recorder("b")});
    CPPUNIT_ASSERT(services_->prepare({*reactor_, nullptr}));
    CPPUNIT_ASSERT(services_->start());
    expect_trace({"a:prepare", "b:prepare", "a:start", "b:start"});
    CPPUNIT_ASSERT(services_->running());
    stop({});
  }

  void services_are_stopped_in_reverse_and_all_awaited() {
    start({recorder("a", ", lingers: true"), recorder("b"), recorder("c", ", lingers: true")});
    stop(10s);
    expect_trace({"c:drain", "b:drain", "a:drain"});
    Recorder::lingering[1]();
    CPPUNIT_ASSERT_EQUAL(0, stopped_);
    Recorder::lingering[0]();
    CPPUNIT_ASSERT_EQUAL(1, stopped_);
    CPPUNIT_ASSERT(!services_->running());
  }

  void a_prepare_that_fails_starts_nothing() {
    configure({recorder("a"), recorder("b", ", fail: prepare"), recorder("c")});
    const Outcome<> prepared = services_->prepare({*reactor_, nullptr});
    CPPUNIT_ASSERT(!prepared);
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:2:3: error: service b: b: Input/output error"}, prepared.error().what);
    expect_trace({"a:prepare", "b:prepare"});
    CPPUNIT_ASSERT(!services_->running());
  }

  void a_start_that_fails_stops_those_before_it_in_reverse() {
    configure({recorder("a"), recorder("b"), recorder("c", ", fail: start"), recorder("d")});
    CPPUNIT_ASSERT(services_->prepare({*reactor_, nullptr}));
    Recorder::trace.clear();
    CPPUNIT_ASSERT(!services_->start());
    expect_trace({"a:start", "b:start", "c:start", "b:stop", "a:stop"});
    CPPUNIT_ASSERT(!services_->running());
  }

  void a_second_stop_overtakes_the_first() {
    start({recorder("a", ", lingers: true"), recorder("b", ", lingers: true")});
    stop(10s);
    stop({});
    expect_trace({"b:drain", "a:drain", "b:stop", "a:stop"});
    CPPUNIT_ASSERT_EQUAL(1, stopped_);
  }

  void a_stop_of_what_does_not_run_ends_at_once() {
    configure({recorder("a")});
    stop(10s);
    CPPUNIT_ASSERT_EQUAL(1, stopped_);
    expect_trace({});
  }

  void endpoints_carry_the_names_of_their_services() {
    start({recorder("a"), recorder("b")});
    CPPUNIT_ASSERT(services_->endpoints() == (std::vector<std::string>{"a at:a", "b at:b"}));
    stop({});
  }

  void an_unknown_kind_says_what_was_probably_meant() {
    configure({"{ name: a, kind: recroder }"});
    CPPUNIT_ASSERT_EQUAL(
        std::string{"a.yaml:1:20: error: kind: no kind is called \"recroder\"; did you mean \"recorder\"?\n"},
        errors_.text());
  }

  void a_name_that_stands_twice_is_told() {
    configure({recorder("a"), recorder("b"), recorder("a")});
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:3:11: error: name: \"a\" is taken by the service at line 1, column 11\n"},
                         errors_.text());
  }

  void options_that_a_kind_does_not_know_are_told() {
    configure({recorder("a", ", fial: start")});
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:30: error: unknown key \"fial\"; did you mean \"fail\"?\n"},
                         errors_.text());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Repository_Test);
