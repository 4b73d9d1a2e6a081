// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Limit.h>

#include <memory>
#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>
#include <strata_test/Virtual_Time.h>

#include "Memory_Sink.h"

namespace {

using namespace strata;
using namespace std::chrono_literals;

class Log_Limit_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Log_Limit_Test);
  CPPUNIT_TEST(the_first_line_passes_and_the_next_second_is_quiet);
  CPPUNIT_TEST(after_the_interval_one_line_tells_how_many_were_suppressed);
  CPPUNIT_TEST(a_rare_line_tells_of_none);
  CPPUNIT_TEST(a_line_below_the_level_is_not_counted);
  CPPUNIT_TEST(a_storm_is_one_line_a_second);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { time_.emplace(); }
  void tearDown() override { time_.reset(); }

  void the_first_line_passes_and_the_next_second_is_quiet() {
    say();
    time_->advance(999ms);
    say();
    expect_lines({"WARN  [c] full n=1"});
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, limit_.suppressed());
  }
  void after_the_interval_one_line_tells_how_many_were_suppressed() {
    for (int i = 0; i < 6; ++i) say();
    time_->advance(1s);
    say();
    expect_lines({"WARN  [c] full n=1", "WARN  [c] full n=1 suppressed=5"});
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, limit_.suppressed());
  }
  void a_rare_line_tells_of_none() {
    say();
    time_->advance(1s);
    say();
    expect_lines({"WARN  [c] full n=1", "WARN  [c] full n=1"});
  }
  void a_line_below_the_level_is_not_counted() {
    system_.set_level("c", Log_Level::off);
    say();
    system_.set_level("c", Log_Level::info);
    say();
    expect_lines({"WARN  [c] full n=1"});
  }
  void a_storm_is_one_line_a_second() {
    for (int i = 0; i < 10'000; ++i) {
      say();
      time_->advance(1ms);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, control_->lines().size());
  }

 private:
  void say() { limit_.write(log_, Log_Level::warning, "full", "n", 1); }
  void expect_lines(const std::vector<std::string>& expected) { CPPUNIT_ASSERT(expected == control_->lines()); }

  std::shared_ptr<Sink_Control> control_ = std::make_shared<Sink_Control>();
  Log_System system_{std::make_unique<Memory_Sink>(control_)};
  Logger log_ = system_.logger("c");
  Log_Limit limit_;
  std::optional<strata_test::Virtual_Time> time_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Log_Limit_Test);

}  // namespace
