// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Kind_List.h>

#include <array>
#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Recorder.h"
#include "Sample_Options.h"

using namespace strata_test;

class Kind_List_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Kind_List_Test);
  CPPUNIT_TEST(kinds_are_listed_by_name_with_their_options);
  CPPUNIT_TEST(required_options_and_allowed_words_are_shown);
  CPPUNIT_TEST_SUITE_END();

  static std::vector<Option_Table> sample_options(const Service_Kind&) {
    static const Sample_Options defaults;
    return {{Sample_Options::fields(), &defaults}};
  }

  void kinds_are_listed_by_name_with_their_options() {
    static constexpr Service_Kind second{"second", nullptr, &detail::object_options<Recorder>};
    static constexpr Service_Kind first{"first", nullptr, &detail::object_options<Recorder>};
    static constexpr std::array<const Service_Kind*, 2> kinds{&second, &first};
    const std::string options =
        "  fail     text           never  the hook that fails\n"
        "  lingers  true or false  false  whether a stop takes time\n";
    CPPUNIT_ASSERT_EQUAL("first\n" + options + "second\n" + options, list_kinds(kinds));
  }

  void required_options_and_allowed_words_are_shown() {
    static constexpr Service_Kind kind{"kind", nullptr, &sample_options};
    static constexpr std::array<const Service_Kind*, 1> kinds{&kind};
    const std::string text = list_kinds(kinds);
    CPPUNIT_ASSERT(text.find("  name        text              required  what it is called\n") != std::string::npos);
    CPPUNIT_ASSERT(text.find("  overflow    pause|close|shed  pause     what then\n") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Kind_List_Test);
