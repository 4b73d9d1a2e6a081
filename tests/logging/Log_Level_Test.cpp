// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Level.h>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace strata;

class Log_Level_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Log_Level_Test);
  CPPUNIT_TEST(every_level_parses_back_from_its_word);
  CPPUNIT_TEST(only_the_exact_words_are_levels);
  CPPUNIT_TEST(levels_rise_with_what_they_matter);
  CPPUNIT_TEST_SUITE_END();

 public:
  void every_level_parses_back_from_its_word() {
    for (int i = 0; i <= static_cast<int>(Log_Level::off); ++i) {
      const auto level = static_cast<Log_Level>(i);
      CPPUNIT_ASSERT(parse_log_level(to_text(level)) == level);
    }
  }
  void only_the_exact_words_are_levels() {
    for (const char* word : {"", "Info", "warn", "info ", "8"}) CPPUNIT_ASSERT(!parse_log_level(word));
  }
  void levels_rise_with_what_they_matter() {
    CPPUNIT_ASSERT(Log_Level::trace < Log_Level::debug && Log_Level::info < Log_Level::warning);
    CPPUNIT_ASSERT(Log_Level::error < Log_Level::critical && Log_Level::critical < Log_Level::off);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Log_Level_Test);

}  // namespace
