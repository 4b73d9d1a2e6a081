// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Yaml_Reader.h>

namespace {

using namespace strata;

struct Case {
  std::string_view name;  ///< a tag of the YAML test suite (github.com/yaml/yaml-test-suite)
  std::string_view text;
  std::string_view means;  ///< in flow form, every scalar in quotes; or why it is refused, from "error:" on
};

/// An example or two of each class of the suite, made for this reader: what a configuration may be written in, and
/// what it may not.
constexpr Case cases[] = {
    {"alias", "a: &x [1, 2]\nb: *x\n", "{a: ['1', '2'], b: ['1', '2']}"},
    {"anchor", "&m a: &v 1\n", "{a: '1'}"},
    {"binary", "a: !!binary YQ==\n", "error: no tag is known here but !!str"},
    {"block", "a:\n- b: 1\n  c: 2\n- d\n", "{a: [{b: '1', c: '2'}, 'd']}"},
    {"comment", "# one\na: 1 # two\n# three\nb: x#y\n", "{a: '1', b: 'x#y'}"},
    {"complex-key", "? [a, b]\n: 1\n", "error: a key must be plain text"},
    {"directive", "%YAML 1.2\n---\na: 1\n", "{a: '1'}"},
    {"document", "---\na: 1\n...\n", "{a: '1'}"},
    {"document", "---\na: 1\n---\nb: 2\n", "error: a second document starts here; one file holds one"},
    {"double", "a: \"x\\n\\t\\u00e9\\\"\"\nb: \"folded\n  line\"\n", "{a: 'x\n\t\u00e9\"', b: 'folded line'}"},
    {"duplicate-key", "a: 1\na: 2\n", "error: the key \"a\" stands already at line 1, column 1"},
    {"edge", "a: ---\nb: -1\nc: '#'\nd: a:b\n", "{a: '---', b: '-1', c: '#', d: 'a:b'}"},
    {"empty", "a:\nb: ''\nc: []\nd: {}\n", "{a: ~, b: '', c: [], d: {}}"},
    {"empty-key", ": 1\n", "error: a key must be plain text"},
    {"explicit-key", "? a\n: 1\n", "{a: '1'}"},
    {"flow", "{a: [1, {b: 2}], \"c\": 3, d: [\n  4,\n]}\n", "{a: ['1', {b: '2'}], c: '3', d: ['4']}"},
    {"folded", "a: >\n  one\n  two\n\n  three\nb: >-\n  x\n", "{a: 'one two\nthree\n', b: 'x'}"},
    {"indent", "a:\n    b:\n      - c\n", "{a: {b: ['c']}}"},
    {"indent", "a:\n\tb: 1\n", "error: illegal map value"},
    {"literal", "a: |\n  one\n   two\n\nb: |+\n  x\n\nc: |-\n  y\n", "{a: 'one\n two\n', b: 'x\n\n', c: 'y'}"},
    {"local-tag", "a: !mine 1\n", "error: no tag is known here but !!str"},
    {"mapping", "a: {b: 1}\nc:\n  d: 2\n", "{a: {b: '1'}, c: {d: '2'}}"},
    {"scalar", "a: one two\nb: one\n  two\n", "{a: 'one two', b: 'one two'}"},
    {"sequence", "- a\n- - b\n  - c\n-\n", "['a', ['b', 'c'], ~]"},
    {"single", "a: 'it''s'\nb: 'one\n\n  two'\n", "{a: 'it's', b: 'one\ntwo'}"},
    {"tag", "a: !!str 7\n", "{a: '7'}"},
    {"unknown-tag", "a: !!float 1\n", "error: no tag is known here but !!str"},
    {"whitespace", "a:   1   \n\n\nb: 2\n   \n", "{a: '1', b: '2'}"},
    {"error", "a: [1, 2\nb: 3\n", "error: end of sequence flow not found"},
    {"error", "a: }\n", "error: illegal flow end"},
    {"error", "a: 'b' c\n", "error: end of map not found"},
};

std::string shown(const Config_Node& node) {
  switch (node.kind()) {
    case Config_Node::Kind::null: return "~";
    case Config_Node::Kind::scalar: return '\'' + node.scalar() + '\'';
    default: break;
  }
  std::string inner;
  for (const Config_Node& child : node) {
    inner += (inner.empty() ? "" : ", ") + (node.is_sequence() ? "" : child.key() + ": ") + shown(child);
  }
  return node.is_sequence() ? '[' + inner + ']' : '{' + inner + '}';
}

class Yaml_Classes_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Yaml_Classes_Test);
  CPPUNIT_TEST(each_class_is_read_or_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_class_is_read_or_refused() {
    for (const Case& one : cases) {
      const auto root = read_yaml(std::string{one.text}, "a.yaml");
      std::string means = root ? shown(*root) : root.error().text();
      if (!root) means = means.substr(means.find("error:"), means.find('\n') - means.find("error:"));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string{one.name}, std::string{one.means}, means);
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Yaml_Classes_Test);
