// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Variables.h>

#include <cstdlib>
#include <optional>
#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Sample_Options.h"

namespace {

using namespace strata_test;

std::optional<std::string> lookup(const std::string& name) {
  if (name == "PORT") return "7007";
  if (name == "EMPTY") return "";
  if (name == "TRICK") return "1, kind: x }\n- { ${PORT}";
  if (name == "SECRET") return "not for this file";
  return std::nullopt;
}

class Config_Variables_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Variables_Test);
  CPPUNIT_TEST(a_variable_is_replaced_wherever_a_value_stands);
  CPPUNIT_TEST(the_text_stands_in_for_one_that_is_not_set_or_empty);
  CPPUNIT_TEST(two_dollars_are_one);
  CPPUNIT_TEST(a_value_is_text_and_never_structure);
  CPPUNIT_TEST(a_number_stays_a_number_and_a_quoted_one_text);
  CPPUNIT_TEST(keys_are_left_alone);
  CPPUNIT_TEST(one_that_is_not_listed_is_refused);
  CPPUNIT_TEST(one_that_is_not_set_is_refused);
  CPPUNIT_TEST(one_that_is_never_closed_is_refused);
  CPPUNIT_TEST(the_process_has_an_environment);
  CPPUNIT_TEST_SUITE_END();

  const std::string list_ = "environment: [PORT, EMPTY, UNSET, TRICK]\n";

  std::string value(const std::string& text) const {
    Config_Node root = tree_of(list_ + "a: " + text);
    Config_Errors errors;
    expand_variables(root, &lookup, errors);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors.text());
    return root.find("a")->scalar();
  }
  void expect(const std::string& mistake, const std::string& text) const {
    Config_Node root = tree_of(list_ + "a: " + text);
    Config_Errors errors;
    expand_variables(root, &lookup, errors);
    CPPUNIT_ASSERT_EQUAL("a.yaml:2:" + mistake + "\n", errors.text());
  }

  void a_variable_is_replaced_wherever_a_value_stands() {
    CPPUNIT_ASSERT_EQUAL(std::string{"7007"}, value("${PORT}"));
    CPPUNIT_ASSERT_EQUAL(std::string{"tcp://*:7007/7007."}, value("tcp://*:${PORT}/${PORT}."));
    Config_Node root = tree_of(list_ + "a: [{ b: '${PORT}' }]");
    Config_Errors errors;
    expand_variables(root, &lookup, errors);
    CPPUNIT_ASSERT_EQUAL(std::string{"7007"}, (*root.find("a"))[0].find("b")->scalar());
  }

  void the_text_stands_in_for_one_that_is_not_set_or_empty() {
    CPPUNIT_ASSERT_EQUAL(std::string{"7007"}, value("${PORT:-1}"));
    CPPUNIT_ASSERT_EQUAL(std::string{"1"}, value("${UNSET:-1}"));
    CPPUNIT_ASSERT_EQUAL(std::string{"1"}, value("${EMPTY:-1}"));
    CPPUNIT_ASSERT_EQUAL(std::string{""}, value("${EMPTY}"));
    CPPUNIT_ASSERT_EQUAL(std::string{""}, value("${UNSET:-}"));
  }

  void two_dollars_are_one() {
    CPPUNIT_ASSERT_EQUAL(std::string{"${PORT}"}, value("$${PORT}"));
    CPPUNIT_ASSERT_EQUAL(std::string{"a$b$$c 7007"}, value("a$b$$c ${PORT}"));
  }

  void a_value_is_text_and_never_structure() {
    CPPUNIT_ASSERT_EQUAL(lookup("TRICK").value(), value("${TRICK}"));
  }

  void a_number_stays_a_number_and_a_quoted_one_text() {
    Config_Node root = tree_of(list_ + "a: ${PORT}\nb: '${PORT}'");
    Config_Errors errors;
    expand_variables(root, &lookup, errors);
    CPPUNIT_ASSERT(!root.find("a")->quoted() && root.find("b")->quoted());
  }

  void keys_are_left_alone() {
    Config_Node root = tree_of(list_ + "${PORT}: 1");
    Config_Errors errors;
    expand_variables(root, &lookup, errors);
    CPPUNIT_ASSERT(root.find("${PORT}") != nullptr);
  }

  void one_that_is_not_listed_is_refused() {
    expect("4: error: a: the variable \"SECRET\" is not in the list `environment`", "${SECRET}");
    expect("6: error: a: the variable \"PROT\" is not in the list `environment`; did you mean \"PORT\"?",
           "x ${PROT:-1}");
  }

  void one_that_is_not_set_is_refused() { expect("4: error: a: the variable \"UNSET\" is not set", "${UNSET}"); }

  void one_that_is_never_closed_is_refused() { expect("5: error: a: this ${ is never closed", "x${PORT"); }

  void the_process_has_an_environment() {
    CPPUNIT_ASSERT(process_environment("PATH").has_value());
    CPPUNIT_ASSERT(!process_environment("STRATA_NO_SUCH_VARIABLE").has_value());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Variables_Test);
