// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Field.h>

#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Sample_Options.h"

using namespace strata_test;

class Config_Field_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Field_Test);
  CPPUNIT_TEST(what_is_not_written_keeps_its_default);
  CPPUNIT_TEST(what_is_wrong_keeps_its_default);
  CPPUNIT_TEST(an_unknown_key_says_what_was_probably_meant);
  CPPUNIT_TEST(a_missing_key_is_told_at_its_mapping);
  CPPUNIT_TEST(all_mistakes_of_a_file_are_told_in_one_run);
  CPPUNIT_TEST(keys_of_several_structs_stand_in_one_mapping);
  CPPUNIT_TEST(what_is_no_mapping_is_told_once);
  CPPUNIT_TEST_SUITE_END();

  void what_is_not_written_keeps_its_default() {
    const Sample_Options got = read_well("");
    CPPUNIT_ASSERT(!got.enabled && got.shift == 13 && got.linger == 250ms && got.inner.drain == 10s && !got.listen);
  }

  void what_is_wrong_keeps_its_default() {
    const Sample_Options got = Sample_Reader{"shift: 99\nlinger: 5\nlisten: x\nengine: x"}.options;
    CPPUNIT_ASSERT(got.shift == 13 && got.linger == 250ms && !got.listen && got.engine == "auto");
  }

  void an_unknown_key_says_what_was_probably_meant() {
    expect_mistake("1: error: unknown key \"shfit\"; did you mean \"shift\"?", "shfit: 3");
    expect_mistake("1: error: unknown key \"highwater\"; did you mean \"high_water\"?", "highwater: 3");
    expect_mistake("1: error: unknown key \"colour\"", "colour: red");
    expect_mistake("1: error: unknown key \"\"", "'': red");
    expect_mistake("10: error: unknown key \"drian\"; did you mean \"drain\"?", "inner: { drian: 1s }");
  }

  void a_missing_key_is_told_at_its_mapping() {
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:2:1: error: the key \"name\" is missing: what it is called\n"},
                         Sample_Reader{"\nshift: 3\n"}.errors.text());
  }

  void all_mistakes_of_a_file_are_told_in_one_run() {
    const Sample_Reader reader{"shfit: 3\nenabled: 1\nlinger: 5\ninner: { drain: x }\n"};
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, reader.errors.size());  // the missing name too
  }

  void keys_of_several_structs_stand_in_one_mapping() {
    Sample_Options options;
    Inner inner;
    Config_Errors errors;
    const Config_Node root = tree_of("name: x\ndrain: 3s\nkind: k\n");
    constexpr std::array<std::string_view, 1> passed{"kind"};
    read_fields(root, {{Sample_Options::fields(), &options}, {Inner::fields(), &inner}}, errors, passed);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors.text());
    CPPUNIT_ASSERT(inner.drain == 3s && options.name == "x");
  }

  void what_is_no_mapping_is_told_once() {
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:1: error: expected a mapping of keys and values, found \"x\"\n"},
                         Sample_Reader{"x"}.errors.text());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Field_Test);
