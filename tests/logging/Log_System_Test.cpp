// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_System.h>

#include <atomic>
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Thread.h>
#include <strata_test/Scale.h>

#include "Memory_Sink.h"

namespace {

using namespace strata;

class Log_System_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Log_System_Test);
  CPPUNIT_TEST(a_category_starts_at_info);
  CPPUNIT_TEST(a_level_reaches_the_parts_below_it);
  CPPUNIT_TEST(the_nearest_level_wins);
  CPPUNIT_TEST(a_name_that_only_begins_alike_is_no_part);
  CPPUNIT_TEST(a_level_set_first_holds_for_a_category_made_later);
  CPPUNIT_TEST(a_set_of_levels_replaces_those_before);
  CPPUNIT_TEST(one_name_is_one_category);
  CPPUNIT_TEST(a_name_is_copied);
  CPPUNIT_TEST(the_process_has_one_that_stays);
  CPPUNIT_TEST(lines_go_to_the_new_sink_after_it_is_set);
  CPPUNIT_TEST(levels_change_while_threads_log);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_category_starts_at_info() {
    expect_level(Log_Level::info, "reactor");
    expect_level(Log_Level::info, "");
  }
  void a_level_reaches_the_parts_below_it() {
    const Logger echo = system_.logger("service.echo");
    system_.set_level("service", Log_Level::debug);
    CPPUNIT_ASSERT(echo.enabled(Log_Level::debug));
    expect_level(Log_Level::debug, "service.echo.deep");
    expect_level(Log_Level::info, "reactor");
  }
  void the_nearest_level_wins() {
    system_.set_level("service.echo", Log_Level::error);
    system_.set_level("service", Log_Level::debug);
    system_.set_level("", Log_Level::off);
    expect_level(Log_Level::error, "service.echo.x");
    expect_level(Log_Level::debug, "service.other");
    expect_level(Log_Level::off, "reactor");
  }
  void a_name_that_only_begins_alike_is_no_part() {
    system_.set_level("service", Log_Level::debug);
    expect_level(Log_Level::info, "services");
  }
  void a_level_set_first_holds_for_a_category_made_later() {
    system_.set_level("timers", Log_Level::trace);
    expect_level(Log_Level::trace, "timers");
  }
  void a_set_of_levels_replaces_those_before() {
    const Logger timers = system_.logger("timers");
    system_.set_level("timers", Log_Level::trace);
    system_.set_levels(Log_Level::warning, {{"reactor", Log_Level::debug}});
    CPPUNIT_ASSERT(!timers.enabled(Log_Level::info));
    expect_level(Log_Level::debug, "reactor");
  }
  void one_name_is_one_category() {
    CPPUNIT_ASSERT(&system_.logger("reactor").category() == &system_.logger("reactor").category());
    CPPUNIT_ASSERT(&system_.logger("reactor").category() != &system_.logger("timers").category());
  }
  void a_name_is_copied() {
    std::string name = "service.echo";
    const Logger log = system_.logger(name);
    name.assign(name.size(), 'x');
    CPPUNIT_ASSERT(log.category().name() == "service.echo");
  }
  void the_process_has_one_that_stays() {
    CPPUNIT_ASSERT(&Log_System::process() == &Log_System::process());
    CPPUNIT_ASSERT(&Log_System::process().logger("x").category().system() == &Log_System::process());
  }
  void lines_go_to_the_new_sink_after_it_is_set() {
    system_.logger("a").info("before");
    const auto second = std::make_shared<Sink_Control>();
    CPPUNIT_ASSERT(system_.set_sink(std::make_unique<Memory_Sink>(second)).has_value());
    system_.logger("a").info("after");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, control_->lines().size());
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [a] after"}, second->lines().at(0));
  }
  void levels_change_while_threads_log() {
    const std::uint64_t calls = strata_test::count(1'000'000);
    std::atomic<int> running{2};
    auto work = [&] {
      const Logger log = system_.logger("service.echo");
      for (std::uint64_t i = 0; i < calls; ++i) log.debug("line");
      log.critical("last");
      --running;
    };
    auto first = os::spawn("first", work), second = os::spawn("second", work);
    CPPUNIT_ASSERT(first && second);
    for (int turn = 0; running > 0; ++turn) {
      system_.set_level("service", turn % 2 == 0 ? Log_Level::debug : Log_Level::info);
      system_.logger("service." + std::to_string(turn % 100));
    }
    first->join();
    second->join();
    const Log_Statistics statistics = system_.statistics();
    CPPUNIT_ASSERT(statistics.in >= 2 && statistics.in <= 2 * (calls + 1));
    CPPUNIT_ASSERT_EQUAL(statistics.in, statistics.out);
    CPPUNIT_ASSERT_EQUAL(statistics.out, std::uint64_t{control_->lines().size()});
  }

 private:
  void expect_level(Log_Level level, std::string_view name) {
    CPPUNIT_ASSERT(level == system_.logger(name).category().level());
  }

  std::shared_ptr<Sink_Control> control_ = std::make_shared<Sink_Control>();
  Log_System system_{std::make_unique<Memory_Sink>(control_)};
};

CPPUNIT_TEST_SUITE_REGISTRATION(Log_System_Test);

}  // namespace
