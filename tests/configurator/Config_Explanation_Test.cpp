// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Explanation.h>

#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Sample_Options.h"

namespace {

using namespace strata_test;

/// What read_fields would make of a text, explained.
std::string explained(const std::string& text) {
  Config_Node tree = tree_of(text);
  Sample_Options options;
  Config_Errors errors;
  read_fields(tree, {{Sample_Options::fields(), &options}}, errors);
  CPPUNIT_ASSERT_EQUAL(std::string{}, errors.text());
  return explain_config({Sample_Options::fields(), &options}, tree, {});
}

std::string without_comments(const std::string& text) {
  std::string left;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end + 1) {
    end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    left += line.substr(0, line.find_last_not_of(' ', line.find("  #")) + 1) + '\n';
  }
  return left;
}

class Config_Explanation_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Explanation_Test);
  CPPUNIT_TEST(every_value_has_its_origin);
  CPPUNIT_TEST(what_is_explained_reads_back_as_the_same);
  CPPUNIT_TEST_SUITE_END();

  void every_value_has_its_origin() {
    const std::string text = explained("name: x\ninner: { drain: 3s }\nshift: 5\n");
    const auto has = [&](const std::string& line) { CPPUNIT_ASSERT_MESSAGE(text, text.find(line) != text.npos); };
    has("name: x                                         # a.yaml:1:7\n");
    has("inner:\n  drain: 3s                                     # a.yaml:2:17\n");
    has("shift: 5                                        # a.yaml:3:8\n");
    has("linger: 250ms                                   # default\n");
    has("tags: []                                        # default\n");
    CPPUNIT_ASSERT(text.find("listen") == text.npos);
  }

  void what_is_explained_reads_back_as_the_same() {
    for (const char* text : {"name: x", "name: ''",
                             "name: 'a: b # c'", "name: \"tab\\tquote\\\"back\\\\\"", "name: '~'",
                             "name: 'null'", "name: '- x'", "name: 'a:'", "name: \"\\u00e4 \\u20ac\"",
                             "name: x\ntags: [a, 'b, c', '', '[d]', 'e: f']\nweights: { a: 1, 'b c': 2 }",
                             "name: x\nlisten: 'tcp://[::1]:7'\nenabled: true\nhigh_water: 3MiB\nwide: -5",
                             "name: x\nlisten: 'tcp://*:7'\noverflow: shed",
                             "name: x\nplaces: ['tcp://[::1]:7', 'unix:///a b']", "name: x\nplaces: 'tcp://*:7'"}) {
      const std::string first = explained(text);
      CPPUNIT_ASSERT_EQUAL(without_comments(first), without_comments(explained(first)));
      const Sample_Reader before{text}, after{first};
      CPPUNIT_ASSERT_EQUAL(std::string{}, after.errors.text());
      CPPUNIT_ASSERT_EQUAL(before.options.name, after.options.name);
      CPPUNIT_ASSERT(before.options.tags == after.options.tags && before.options.weights == after.options.weights);
      CPPUNIT_ASSERT_EQUAL(before.options.wide, after.options.wide);
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Explanation_Test);
