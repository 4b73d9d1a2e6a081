// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Node.h>

#include <cstdint>
#include <string>
#include <utility>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Sample_Options.h"

using namespace strata_test;

class Config_Node_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Node_Test);
  CPPUNIT_TEST(a_tree_keeps_the_order_and_the_places_of_keys_and_values);
  CPPUNIT_TEST(what_is_not_written_is_not_found_and_not_made);
  CPPUNIT_TEST(a_node_lives_on_without_its_tree);
  CPPUNIT_TEST(a_node_by_default_is_null_and_nowhere);
  CPPUNIT_TEST_SUITE_END();

  static void expect_mark(std::uint32_t line, std::uint32_t column, Mark mark) {
    CPPUNIT_ASSERT_EQUAL(line, mark.line);
    CPPUNIT_ASSERT_EQUAL(column, mark.column);
  }

  void a_tree_keeps_the_order_and_the_places_of_keys_and_values() {
    const Config_Node root = tree_of("b: 1\na:\n  - x\n  - { k: v }\n");
    CPPUNIT_ASSERT(root.is_mapping() && root.size() == 2);
    CPPUNIT_ASSERT_EQUAL(std::string{"b"}, root[0].key());
    expect_mark(1, 4, root[0].mark());
    expect_mark(2, 1, root[1].key_mark());
    expect_mark(4, 7, root[1][1].find("k")->key_mark());
    expect_mark(4, 10, root[1][1].find("k")->mark());
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml"}, root[1][0].file());
  }

  void what_is_not_written_is_not_found_and_not_made() {
    const Config_Node root = tree_of("a: 1");
    CPPUNIT_ASSERT(root.find("b") == nullptr);
    CPPUNIT_ASSERT(root.find("a")->find("b") == nullptr);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, root.size());
  }

  void a_node_lives_on_without_its_tree() {
    Config_Node copy;
    {
      const Config_Node root = tree_of("a: { b: c }");
      copy = root[0];
    }
    CPPUNIT_ASSERT_EQUAL(std::string{"c"}, copy.find("b")->scalar());
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml"}, copy.find("b")->file());
  }

  void a_node_by_default_is_null_and_nowhere() {
    const Config_Node node;
    CPPUNIT_ASSERT(node.is_null() && node.file().empty() && node.mark() == Mark{} && node.find("a") == nullptr);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Node_Test);
