// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Yaml_Reader.h>

#include <chrono>
#include <string>
#include <string_view>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Sample_Options.h"

using namespace strata_test;

class Yaml_Reader_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Yaml_Reader_Test);
  CPPUNIT_TEST(quotes_and_blocks_make_text);
  CPPUNIT_TEST(an_alias_repeats_its_anchor_with_the_anchors_place);
  CPPUNIT_TEST(an_empty_value_stands_where_its_key_does);
  CPPUNIT_TEST(a_byte_order_mark_and_carriage_returns_do_not_shift_places);
  CPPUNIT_TEST(mistakes_are_refused_with_their_place);
  CPPUNIT_TEST(a_quote_that_is_never_closed_is_refused);
  CPPUNIT_TEST(quotes_that_are_closed_are_not);
  CPPUNIT_TEST(bytes_that_are_not_utf8_text_are_refused);
  CPPUNIT_TEST(a_file_beyond_the_limits_is_refused);
  CPPUNIT_TEST(a_bomb_of_aliases_is_refused_quickly);
  CPPUNIT_TEST(a_missing_file_is_told);
  CPPUNIT_TEST_SUITE_END();

  static std::string mistake_in(std::string_view text, const Yaml_Limits& limits = {}) {
    const auto root = read_yaml(text, "a.yaml", limits);
    return root ? "none" : root.error().begin()->text();
  }

  static void expect(const std::string& mistake, std::string_view text) {
    CPPUNIT_ASSERT_EQUAL(mistake, mistake_in(text));
  }

  static void expect_mark(std::uint32_t line, std::uint32_t column, Mark mark) {
    CPPUNIT_ASSERT_EQUAL(line, mark.line);
    CPPUNIT_ASSERT_EQUAL(column, mark.column);
  }

  static std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

  void quotes_and_blocks_make_text() {
    const Config_Node root = tree_of("a: '1'\nb: \"1\"\nc: 1\nd: |\n  1\ne: !!str 1\n");
    for (const char* key : {"a", "b", "d", "e"}) CPPUNIT_ASSERT_MESSAGE(key, root.find(key)->quoted());
    CPPUNIT_ASSERT(!root.find("c")->quoted());
    CPPUNIT_ASSERT_EQUAL(std::string{"1\n"}, root.find("d")->scalar());
  }

  void an_alias_repeats_its_anchor_with_the_anchors_place() {
    const Config_Node root = tree_of("a: &x { k: v }\nb: *x\n");
    const Config_Node* copy = root.find("b");
    CPPUNIT_ASSERT_EQUAL(std::string{"v"}, copy->find("k")->scalar());
    expect_mark(1, 4, copy->mark());
    expect_mark(2, 1, copy->key_mark());
  }

  void an_empty_value_stands_where_its_key_does() {
    const Config_Node root = tree_of("a:\nb: 1\n");
    CPPUNIT_ASSERT(root[0].is_null());
    expect_mark(1, 1, root[0].mark());
  }

  void a_byte_order_mark_and_carriage_returns_do_not_shift_places() {
    const Config_Node root = tree_of(
        "\xEF\xBB\xBF"
        "a: 1\r\nb: 'x'\r\n");
    expect_mark(1, 4, root[0].mark());
    expect_mark(2, 4, root[1].mark());
    CPPUNIT_ASSERT_EQUAL(std::string{"x"}, root[1].scalar());
  }

  void mistakes_are_refused_with_their_place() {
    expect("a.yaml: error: holds no configuration", "");
    expect("a.yaml: error: holds no configuration", "# nothing\n");
    expect("a.yaml:3:1: error: the key \"a\" stands already at line 1, column 1", "a: 1\nb: 2\na: 3\n");
    expect("a.yaml:1:11: error: the key \"a\" stands already at line 1, column 5", "x: {a: 1, a: 2}");
    expect("a.yaml:2:1: error: a second document starts here; one file holds one", "a: 1\n---\nb: 2\n");
    expect("a.yaml:1:1: error: a key must be plain text", "[a, b]: 1");
    expect("a.yaml:1:1: error: a key must be plain text", "~: 1");
    expect("a.yaml:2:1: error: a key must be plain text, not an alias", "a: &x b\n*x : 1\n");
    expect("a.yaml:1:8: error: this alias stands inside what it stands for", "a: &x [*x]");
    expect("a.yaml:1:4: error: no tag is known here but !!str", "a: !!python/object x");
    expect("a.yaml:2:3: error: illegal map value", "a: 1\n b: 2\n");
  }

  void a_quote_that_is_never_closed_is_refused() {
    expect("a.yaml:2:4: error: this quote is never closed", "a: 1\nb: \"never closed\n");
    expect("a.yaml:1:4: error: this quote is never closed", "a: 'it''s\n");
    expect("a.yaml:1:4: error: this quote is never closed", "a: \"x\\\"\n");
    expect("a.yaml:1:4: error: this quote is never closed", "a: &anchor !!str \"x\n");
    expect("a.yaml:1:1: error: this quote is never closed", "\"\n");
  }

  void quotes_that_are_closed_are_not() {
    const Config_Node root = tree_of("a: 'it''s'\nb: \"\\\"\"\nc: don't\nd: \"\"\ne: &x # note: \"\n  'y'\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"it's"}, root.find("a")->scalar());
    CPPUNIT_ASSERT_EQUAL(std::string{"\""}, root.find("b")->scalar());
    CPPUNIT_ASSERT_EQUAL(std::string{"don't"}, root.find("c")->scalar());
    CPPUNIT_ASSERT_EQUAL(std::string{"y"}, root.find("e")->scalar());
  }

  void bytes_that_are_not_utf8_text_are_refused() {
    const std::string foreign = "error: this byte is neither UTF-8 text nor white space";
    expect("a.yaml:2:4: " + foreign, "a: 1\nb: \xFFx\n");
    expect("a.yaml:1:4: " + foreign, std::string_view{"a: \0", 4});
    expect("a.yaml:1:5: " + foreign, "a: x\x1B[31m");
    expect("a.yaml:1:4: " + foreign, "a: \xC0\xAF");          // overlong
    expect("a.yaml:1:4: " + foreign, "a: \xED\xA0\x80");      // a surrogate
    expect("a.yaml:1:4: " + foreign, "a: \xF4\x90\x80\x80");  // beyond U+10FFFF
    CPPUNIT_ASSERT_EQUAL(std::string{"é€😀"}, tree_of("a: é€😀")[0].scalar());
  }

  void a_file_beyond_the_limits_is_refused() {
    CPPUNIT_ASSERT_EQUAL(std::string{"none"}, mistake_in(nested(64)));
    expect("a.yaml:1:65: error: nested deeper than 64 levels", nested(65));
    expect("a.yaml:1:65: error: nested deeper than 64 levels", nested(100'000));
    expect("a.yaml: error: longer than 1048576 bytes", std::string((1 << 20) + 1, ' '));
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:6: error: more than 2 values, aliases expanded"},
                         mistake_in("[1, 2]", {.values = 2}).replace(9, 1, "6"));
  }

  void a_bomb_of_aliases_is_refused_quickly() {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i) {
      const std::string alias = "*a" + std::to_string(i - 1);
      bomb += 'a' + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
      for (int k = 1; k < 9; ++k) bomb += ',' + alias;
      bomb += "]\n";
    }
    const auto start = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT(mistake_in(bomb).ends_with("anchors and aliases repeat more than 10000 values"));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - start < std::chrono::seconds{1});
  }

  void a_missing_file_is_told() {
    const auto root = read_yaml_file("/nowhere/at/all.yaml");
    CPPUNIT_ASSERT(!root);
    CPPUNIT_ASSERT_EQUAL(std::string{"/nowhere/at/all.yaml: error: No such file or directory\n"}, root.error().text());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Yaml_Reader_Test);
