// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service_Config.h>

#include <string>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Sample_Options.h"

using namespace strata_test;

class Service_Config_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Config_Test);
  CPPUNIT_TEST(an_entry_keeps_its_options_for_the_kind);
  CPPUNIT_TEST(what_every_service_needs_is_asked_for);
  CPPUNIT_TEST(a_name_must_fit_into_logs_and_metrics);
  CPPUNIT_TEST_SUITE_END();

  static std::vector<Service_Config> read(const std::string& text, Config_Errors& errors) {
    std::vector<Service_Config> configs;
    constexpr Field list{};
    Value_Type<std::vector<Service_Config>>::read(tree_of(text), list, configs, errors);
    return configs;
  }

  static void expect(const std::string& mistakes, const std::string& text) {
    Config_Errors errors;
    read(text, errors);
    CPPUNIT_ASSERT_EQUAL(mistakes, errors.text());
  }

  void an_entry_keeps_its_options_for_the_kind() {
    Config_Errors errors;
    const std::vector<Service_Config> configs = read("[{ name: web-1, kind: echo, listen: x }]", errors);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors.text());
    CPPUNIT_ASSERT(configs.size() == 1 && configs[0].name == "web-1" && configs[0].kind == "echo");
    CPPUNIT_ASSERT_EQUAL(std::string{"x"}, configs[0].node.find("listen")->scalar());
  }

  void what_every_service_needs_is_asked_for() {
    expect(
        "a.yaml:1:2: error: the key \"name\" is missing: what the service is called in logs and metrics\n"
        "a.yaml:1:2: error: the key \"kind\" is missing: what it does, see --list-kinds\n",
        "[{}]");
    expect("a.yaml:1:2: error: expected a mapping of keys and values, found \"echo\"\n", "[echo]");
    expect("a.yaml:1:1: error: expected a list, found a mapping\n", "{ name: a }");
  }

  void a_name_must_fit_into_logs_and_metrics() {
    const std::string wanted = "error: name: expected 1 to 64 letters, digits, - or _, found ";
    expect("a.yaml:1:10: " + wanted + "\"a b\"\n", "[{ name: a b, kind: x }]");
    expect("a.yaml:1:10: " + wanted + "the text \"\"\n", "[{ name: '', kind: x }]");
    expect("a.yaml:1:4: " + wanted + "nothing\n", "[{ name: , kind: x }]");
    expect("", "[{ name: " + std::string(64, 'x') + ", kind: x }]");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Config_Test);
