// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Error.h>

#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Sample_Options.h"

using namespace strata_test;

class Config_Error_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Error_Test);
  CPPUNIT_TEST(a_mistake_reads_as_those_of_compilers_do);
  CPPUNIT_TEST(a_mistake_of_the_whole_file_has_no_line);
  CPPUNIT_TEST(mistakes_are_sorted_by_place);
  CPPUNIT_TEST(an_offset_into_a_quoted_value_counts_the_quote);
  CPPUNIT_TEST(control_characters_never_reach_a_message);
  CPPUNIT_TEST(what_is_long_is_cut);
  CPPUNIT_TEST_SUITE_END();

  void a_mistake_reads_as_those_of_compilers_do() {
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:3:7: error: no"}, (Config_Error{"a.yaml", {3, 7}, "no"}.text()));
    CPPUNIT_ASSERT_EQUAL(std::string{"line 3, column 7"}, to_text(Mark{3, 7}));
  }

  void a_mistake_of_the_whole_file_has_no_line() {
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml: error: no"}, (Config_Error{"a.yaml", {}, "no"}.text()));
  }

  void mistakes_are_sorted_by_place() {
    Config_Errors errors;
    errors.add({"a", {2, 1}, "third"});
    errors.add({"a", {1, 9}, "second"});
    errors.add({"a", {1, 2}, "first"});
    errors.sort();
    CPPUNIT_ASSERT_EQUAL(std::string{"a:1:2: error: first\na:1:9: error: second\na:2:1: error: third\n"},
                         errors.text());
  }

  void an_offset_into_a_quoted_value_counts_the_quote() {
    const Config_Node root = tree_of("a: 'value'\nb: value");
    Config_Errors errors;
    errors.at_value(root[0], "no", 2);
    errors.at_value(root[1], "no", 2);
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:7: error: a: no\na.yaml:2:6: error: b: no\n"}, errors.text());
  }

  void control_characters_never_reach_a_message() {
    expect_mistake("1: error: unknown key \"a\\x1b[31m\\x0a\"", "\"a\\e[31m\\n\": 1");
    expect_mistake("10: error: enabled: expected true or false, found the text \"\\x0d\\x00\"", "enabled: \"\\r\\0\"");
  }

  void what_is_long_is_cut() {
    CPPUNIT_ASSERT_EQUAL('"' + std::string(60, 'x') + "…\"", in_quotes(std::string(61, 'x')));
    CPPUNIT_ASSERT_EQUAL('"' + std::string(60, 'x') + '"', in_quotes(std::string(60, 'x')));
    CPPUNIT_ASSERT_EQUAL('"' + std::string(59, 'x') + "…\"", in_quotes(std::string(59, 'x') + "éé"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Error_Test);
