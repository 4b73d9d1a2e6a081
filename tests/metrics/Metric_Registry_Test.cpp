// SPDX-License-Identifier: Apache-2.0
#include <strata/metrics/Metric_Registry.h>

#include <atomic>

#include <cppunit/extensions/HelperMacros.h>

#include <strata_test/Scale.h>

#include "Several_Threads.h"

namespace {

using namespace strata;

class Metric_Registry_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Metric_Registry_Test);
  CPPUNIT_TEST(a_snapshot_lists_by_name_and_then_by_labels);
  CPPUNIT_TEST(a_snapshot_has_the_values_of_now);
  CPPUNIT_TEST(the_end_of_the_token_takes_the_metric_off);
  CPPUNIT_TEST(a_token_moves_and_still_takes_off_once);
  CPPUNIT_TEST(assigning_over_a_token_takes_its_metric_off);
  CPPUNIT_TEST(a_duplicate_is_refused_until_the_first_is_gone);
  CPPUNIT_TEST(the_order_of_labels_makes_no_other_metric);
  CPPUNIT_TEST(a_family_is_of_one_kind);
  CPPUNIT_TEST(names_and_labels_that_are_not_well_formed_are_refused);
  CPPUNIT_TEST(metrics_come_and_go_while_others_are_read);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_snapshot_lists_by_name_and_then_by_labels() {
    const auto third = add("b_total", {{"service", "echo"}}, counter_);
    const auto second = add("b_total", {{"service", "cache"}}, local_counter_);
    const auto first = add("a", {}, gauge_);
    const auto fourth = add("c", {{"x", "1"}}, local_gauge_);
    expect_names({"a", "b_total service=cache", "b_total service=echo", "c x=1"});
  }
  void a_snapshot_has_the_values_of_now() {
    const auto counter = add("a_total", {}, counter_);
    const auto gauge = add("b", {}, local_gauge_);
    counter_.add(3);
    local_gauge_.set(-4);
    const std::vector<Metric_Sample> samples = registry_.snapshot();
    CPPUNIT_ASSERT(samples.at(0).kind == Metric_Kind::counter && samples.at(0).value == 3);
    CPPUNIT_ASSERT(samples.at(1).kind == Metric_Kind::gauge && samples.at(1).value == -4);
    counter_.add();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, registry_.snapshot().at(0).value);
  }
  void the_end_of_the_token_takes_the_metric_off() {
    {
      const auto token = add("a", {}, gauge_);
      expect_names({"a"});
    }
    expect_names({});
  }
  void a_token_moves_and_still_takes_off_once() {
    Metric_Registration kept;
    {
      auto token = add("a", {}, gauge_);
      kept = std::move(token);
    }
    expect_names({"a"});
    kept = {};
    expect_names({});
  }
  void assigning_over_a_token_takes_its_metric_off() {
    auto token = add("a", {}, gauge_);
    auto other = add("b", {}, gauge_);
    token = std::move(other);
    expect_names({"b"});
  }
  void a_duplicate_is_refused_until_the_first_is_gone() {
    {
      const auto token = add("a", {{"service", "echo"}}, gauge_);
      expect_refused(std::errc::file_exists, {"a", {{"service", "echo"}}}, gauge_);
      expect_names({"a service=echo"});
    }
    const auto again = add("a", {{"service", "echo"}}, gauge_);
  }
  void the_order_of_labels_makes_no_other_metric() {
    const auto token = add("a", {{"x", "1"}, {"y", "2"}}, gauge_);
    expect_refused(std::errc::file_exists, {"a", {{"y", "2"}, {"x", "1"}}}, gauge_);
  }
  void a_family_is_of_one_kind() {
    const auto token = add("a", {{"x", "1"}}, gauge_);
    expect_refused(std::errc::invalid_argument, {"a", {{"x", "2"}}}, counter_);
    expect_refused(std::errc::invalid_argument, {"a", {}}, counter_);
    const auto other = add("aa", {}, counter_);
  }
  void names_and_labels_that_are_not_well_formed_are_refused() {
    for (const char* name : {"", "1a", "a-b", "a b", "\xc3\xa4", "a\n"}) {
      expect_refused(std::errc::invalid_argument, {name, {}}, gauge_);
    }
    for (const char* label : {"", "1a", "a:b", "__name", "a b"}) {
      expect_refused(std::errc::invalid_argument, {"a", {{label, "x"}}}, gauge_);
    }
    const auto token = add("ns:a_1", {{"_l1", "any\nvalue"}}, gauge_);
  }
  void metrics_come_and_go_while_others_are_read() {
    const auto token = add("kept_total", {}, counter_);
    std::atomic<int> next{0};
    const std::uint64_t turns = strata_test::count(100'000);
    on_threads(3, [&] {
      const std::string mine = "mine_" + std::to_string(next++);
      for (std::uint64_t i = 0; i < turns; ++i) {
        Counter counter;
        const auto registration = registry_.add({mine, {}}, counter);
        counter_.add();
        if (!registration || registry_.snapshot().size() < 2) std::terminate();
      }
    });
    expect_names({"kept_total"});
    CPPUNIT_ASSERT_EQUAL(3 * turns, counter_.value());
  }

 private:
  template <class Metric>
  Metric_Registration add(std::string name, Metric_Labels labels, const Metric& metric) {
    auto registered = registry_.add({std::move(name), std::move(labels)}, metric);
    CPPUNIT_ASSERT_MESSAGE(registered ? "" : registered.error().what, registered.has_value());
    return std::move(*registered);
  }
  template <class Metric>
  void expect_refused(std::errc error, Metric_Name name, const Metric& metric) {
    const auto refused = registry_.add(std::move(name), metric);
    CPPUNIT_ASSERT(!refused.has_value());
    CPPUNIT_ASSERT(refused.error().code == error);
  }
  void expect_names(const std::vector<std::string>& expected) {
    std::vector<std::string> names;
    for (const Metric_Sample& sample : registry_.snapshot()) {
      std::string text = sample.metric.name;
      for (const auto& [label, value] : sample.metric.labels) text += ' ' + label + '=' + value;
      names.push_back(text);
    }
    CPPUNIT_ASSERT(expected == names);
  }

  Metric_Registry registry_;
  Counter counter_;
  Local_Counter local_counter_;
  Gauge gauge_;
  Local_Gauge local_gauge_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Metric_Registry_Test);

}  // namespace
