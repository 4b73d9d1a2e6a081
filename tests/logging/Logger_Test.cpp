// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Logger.h>

#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>

#include "Memory_Sink.h"

namespace {

using namespace strata;

struct Counted_Text {
  int& rendered;
  std::string to_text() const {
    ++rendered;
    return "text";
  }
};

struct Throwing_Text {
  std::string to_text() const { throw 1; }
};

class Logger_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Logger_Test);
  CPPUNIT_TEST(each_call_writes_at_its_level);
  CPPUNIT_TEST(below_the_level_nothing_is_written_counted_or_rendered);
  CPPUNIT_TEST(a_context_names_who_speaks);
  CPPUNIT_TEST(the_same_context_serves_another_peer_later);
  CPPUNIT_TEST(an_object_that_throws_while_it_renders_costs_its_line_alone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_call_writes_at_its_level() {
    system_.set_level("", Log_Level::trace);
    log_.trace("one");
    log_.debug("two");
    log_.info("three", "n", 3);
    log_.warning("four", "a", true, "b", "x");
    log_.error("five");
    log_.critical("six");
    const std::vector<std::string> expected{"TRACE [service] one", "DEBUG [service] two", "INFO  [service] three n=3",
                                            "WARN  [service] four a=true b=x", "ERROR [service] five",
                                            "CRIT  [service] six"};
    CPPUNIT_ASSERT(expected == control_->lines());
  }
  void below_the_level_nothing_is_written_counted_or_rendered() {
    int rendered = 0;
    log_.debug("unseen", "value", Counted_Text{rendered});
    CPPUNIT_ASSERT_EQUAL(0, rendered);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, system_.statistics().in);
    log_.info("seen", "value", Counted_Text{rendered});
    CPPUNIT_ASSERT_EQUAL(1, rendered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, control_->lines().size());
  }
  void a_context_names_who_speaks() {
    const Log_Context context{"echo", 7, "10.0.0.1:80"};
    log_.with(context).info("accepted", "n", 1);
    log_.info("accepted");
    const std::vector<std::string> expected{"INFO  [service] accepted service=echo connection=7 peer=10.0.0.1:80 n=1",
                                            "INFO  [service] accepted"};
    CPPUNIT_ASSERT(expected == control_->lines());
  }
  void the_same_context_serves_another_peer_later() {
    Log_Context context{"echo", 7, {}};
    const Logger log = log_.with(context);
    context.connection = 8;
    log.info("accepted");
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [service] accepted service=echo connection=8"}, control_->lines().at(0));
  }
  void an_object_that_throws_while_it_renders_costs_its_line_alone() {
    log_.info("lost", "value", Throwing_Text{});
    log_.info("kept");
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [service] kept"}, control_->lines().at(0));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, system_.statistics().dropped);
  }

 private:
  std::shared_ptr<Sink_Control> control_ = std::make_shared<Sink_Control>();
  Log_System system_{std::make_unique<Memory_Sink>(control_)};
  Logger log_ = system_.logger("service");
};

CPPUNIT_TEST_SUITE_REGISTRATION(Logger_Test);

}  // namespace
