// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Field.h>

#include <array>
#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Config_Value.h>
#include <strata/configurator/Yaml_Reader.h>

using namespace strata;

namespace {

using namespace std::chrono_literals;

enum class Overflow : std::uint8_t { pause, close, shed };
constexpr std::array<std::string_view, 3> overflow_words{"pause", "close", "shed"};
constexpr std::array<std::string_view, 2> engine_words{"auto", "epoll"};
Choices engines() { return engine_words; }

struct Inner {
  Duration drain = 10s;
  static std::span<const Field> fields() {
    static constexpr std::array table{field<&Inner::drain>("drain", "how long to drain")};
    return table;
  }
};

struct Options {
  bool enabled = false;
  std::uint8_t shift = 13;
  std::int64_t wide = 0;
  Duration linger = 250ms;
  std::size_t high_water = 1 << 20;
  std::string name = "none";
  std::string engine = "auto";
  Overflow overflow = Overflow::pause;
  std::optional<Endpoint> listen;
  std::vector<std::string> tags;
  std::map<std::string, std::uint8_t> weights;
  Inner inner;

  static std::span<const Field> fields() {
    static constexpr std::array table{
        field<&Options::enabled>("enabled", "whether"),
        field<&Options::shift>("shift", "by how much").within(1, 25),
        field<&Options::wide>("wide", "a large number"),
        field<&Options::linger>("linger", "how long").within(0, 3'600'000'000'000),
        field<&Options::high_water, Size_Type>("high_water", "how much").within(1024, 1 << 30),
        field<&Options::name>("name", "what it is called").must(),
        field<&Options::engine>("engine", "which").one_of(&engines),
        field<&Options::overflow, Choice_Type<overflow_words>>("overflow", "what then"),
        field<&Options::listen>("listen", "where"),
        field<&Options::tags>("tags", "words"),
        field<&Options::weights>("weights", "numbers by name"),
        field<&Options::inner>("inner", "more"),
    };
    return table;
  }
};

}  // namespace

class Config_Field_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Field_Test);
  CPPUNIT_TEST(every_type_is_read);
  CPPUNIT_TEST(what_is_not_written_keeps_its_default);
  CPPUNIT_TEST(durations_and_sizes_have_units);
  CPPUNIT_TEST(a_wrong_value_is_told_with_its_place_and_changes_nothing);
  CPPUNIT_TEST(numbers_beyond_their_range_or_type_are_refused);
  CPPUNIT_TEST(a_mistake_inside_an_endpoint_is_pointed_at);
  CPPUNIT_TEST(an_unknown_key_or_word_says_what_was_probably_meant);
  CPPUNIT_TEST(a_missing_key_is_told_at_its_mapping);
  CPPUNIT_TEST(all_mistakes_of_a_file_are_told_in_one_run);
  CPPUNIT_TEST(control_characters_never_reach_a_message);
  CPPUNIT_TEST(keys_of_several_structs_stand_in_one_mapping);
  CPPUNIT_TEST(a_value_is_shown_as_it_would_be_written);
  CPPUNIT_TEST_SUITE_END();

  Options options_;
  Config_Errors errors_;

  void read(const std::string& text) {
    const auto root = read_yaml(text, "a.yaml");
    CPPUNIT_ASSERT_MESSAGE(root ? "" : root.error().text(), root.has_value());
    read_fields(*root, {{Options::fields(), &options_}}, errors_);
    errors_.sort();
  }

  Options read_well(const std::string& text) {
    options_ = {};
    errors_ = {};
    read("name: x\n" + text);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
    return options_;
  }

  /// `mistake` stands in line 2.
  void expect(const std::string& mistake, const std::string& text) {
    options_ = {};
    errors_ = {};
    read("name: x\n" + text);
    CPPUNIT_ASSERT_EQUAL("a.yaml:2:" + mistake + '\n', errors_.text());
  }

  void every_type_is_read() {
    const Options got = read_well(
        "enabled: true\nshift: 7\nwide: -5\nlinger: 2s\nhigh_water: 64KiB\nengine: epoll\noverflow: shed\n"
        "listen: tcp://127.0.0.1:7007\ntags: [a, 'b c']\nweights: { one: 1, two: 2 }\ninner: { drain: 1m }\n");
    CPPUNIT_ASSERT(got.enabled && got.shift == 7 && got.wide == -5 && got.linger == 2s && got.high_water == 65536);
    CPPUNIT_ASSERT(got.name == "x" && got.engine == "epoll" && got.overflow == Overflow::shed);
    CPPUNIT_ASSERT_EQUAL(std::string{"tcp://127.0.0.1:7007"}, got.listen.value().to_text());
    CPPUNIT_ASSERT(got.tags == std::vector<std::string>({"a", "b c"}));
    CPPUNIT_ASSERT(got.weights.at("two") == 2 && got.inner.drain == 1min);
  }

  void what_is_not_written_keeps_its_default() {
    const Options got = read_well("");
    CPPUNIT_ASSERT(!got.enabled && got.shift == 13 && got.linger == 250ms && got.inner.drain == 10s && !got.listen);
  }

  void durations_and_sizes_have_units() {
    CPPUNIT_ASSERT(read_well("linger: 0s").linger == 0s);
    CPPUNIT_ASSERT(read_well("linger: 250ms").linger == 250ms);
    CPPUNIT_ASSERT(read_well("linger: 15us").linger == 15us);
    CPPUNIT_ASSERT(read_well("linger: 1h").linger == 1h);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2048}, read_well("high_water: 2048").high_water);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1'000'000}, read_well("high_water: 1MB").high_water);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1 << 30}, read_well("high_water: 1GiB").high_water);
  }

  void a_wrong_value_is_told_with_its_place_and_changes_nothing() {
    expect("10: error: enabled: expected true or false, found \"yes\"", "enabled: yes");
    expect("10: error: enabled: expected true or false, found the text \"true\"", "enabled: 'true'");
    expect("8: error: shift: expected a whole number, found \"7x\"", "shift: 7x");
    expect("8: error: shift: expected a whole number, found the text \"7\"", "shift: \"7\"");
    expect("1: error: shift: expected a whole number, found nothing", "shift:");
    expect("9: error: linger: \"30\" has no unit; write 30s or 30ms", "linger: 30");
    expect("9: error: linger: expected a duration such as 30s, 250ms, 5m or 1h, found \"-3s\"", "linger: -3s");
    expect("13: error: high_water: expected a size such as 512, 64KiB or 1MB, found \"1M\"", "high_water: 1M");
    expect("7: error: tags: expected a list, found \"a\"", "tags: a");
    expect("8: error: inner: expected a mapping of keys and values, found a list", "inner: []");
  }

  void numbers_beyond_their_range_or_type_are_refused() {
    expect("8: error: shift: \"26\" is not within 1 and 25", "shift: 26");
    expect("8: error: shift: \"999999999999999999999\" is not within 1 and 25", "shift: 999999999999999999999");
    expect("9: error: linger: \"2h\" is not within 0s and 1h", "linger: 2h");
    expect("13: error: high_water: \"1023B\" is not within 1KiB and 1GiB", "high_water: 1023B");
    expect("17: error: one: \"256\" is not within 0 and 255", "weights: { one: 256 }");
  }

  void a_mistake_inside_an_endpoint_is_pointed_at() {
    read("name: x\nlisten: tcp://127.0.0.1:70070\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, errors_.size());
    CPPUNIT_ASSERT(errors_.begin()->mark == (Mark{2, 9 + 16}));
    errors_ = {};
    read("name: x\nlisten: \"tcp://127.0.0.1:70070\"\n");
    CPPUNIT_ASSERT(errors_.begin()->mark == (Mark{2, 10 + 16}));
  }

  void an_unknown_key_or_word_says_what_was_probably_meant() {
    expect("1: error: unknown key \"shfit\"; did you mean \"shift\"?", "shfit: 3");
    expect("1: error: unknown key \"colour\"", "colour: red");
    expect("11: error: overflow: \"puase\" is not one of: pause close shed; did you mean \"pause\"?",
           "overflow: puase");
    expect("9: error: engine: \"kqueue\" is not one of: auto epoll", "engine: kqueue");
    expect("10: error: unknown key \"drian\"; did you mean \"drain\"?", "inner: { drian: 1s }");
  }

  void a_missing_key_is_told_at_its_mapping() {
    read("\nshift: 3\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:2:1: error: the key \"name\" is missing: what it is called\n"},
                         errors_.text());
  }

  void all_mistakes_of_a_file_are_told_in_one_run() {
    read("shfit: 3\nenabled: 1\nlinger: 5\ninner: { drain: x }\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, errors_.size());  // the missing name too
  }

  void control_characters_never_reach_a_message() {
    expect("1: error: unknown key \"a\\x1b[31m\\x0a\"", "\"a\\e[31m\\n\": 1");
    expect("10: error: enabled: expected true or false, found the text \"\\x0d\\x00\"", "enabled: \"\\r\\0\"");
  }

  void keys_of_several_structs_stand_in_one_mapping() {
    Inner inner;
    const auto root = read_yaml("name: x\ndrain: 3s\nkind: k\n", "a.yaml");
    read_fields(*root, {{Options::fields(), &options_}, {Inner::fields(), &inner}}, errors_, {"kind"});
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
    CPPUNIT_ASSERT(inner.drain == 3s && options_.name == "x");
  }

  void a_value_is_shown_as_it_would_be_written() {
    const Options got = read_well("linger: 1500ms\nhigh_water: 64KiB\ntags: [a, b]\nlisten: unix:///run/x\n");
    std::string shown;
    for (const Field& one : Options::fields()) shown += one.show(&got) + '|';
    CPPUNIT_ASSERT_EQUAL(std::string{"false|13|0|1500ms|64KiB|x|auto|pause|unix:///run/x|[a, b]|{}|{}|"}, shown);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Field_Test);
