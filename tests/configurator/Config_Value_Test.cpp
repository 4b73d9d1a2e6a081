// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Value.h>

#include <string>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Sample_Options.h"

using namespace strata_test;

class Config_Value_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Value_Test);
  CPPUNIT_TEST(every_type_is_read);
  CPPUNIT_TEST(durations_and_sizes_have_units);
  CPPUNIT_TEST(a_wrong_value_is_told_with_its_place);
  CPPUNIT_TEST(a_value_of_the_wrong_shape_is_told);
  CPPUNIT_TEST(numbers_beyond_their_range_or_type_are_refused);
  CPPUNIT_TEST(a_mistake_inside_an_endpoint_is_pointed_at);
  CPPUNIT_TEST(endpoints_are_one_or_a_list_of_different_ones);
  CPPUNIT_TEST(a_word_that_is_not_allowed_says_which_are);
  CPPUNIT_TEST(a_value_is_shown_as_it_would_be_written);
  CPPUNIT_TEST_SUITE_END();

  static Mark place_of_mistake(const std::string& text) { return Sample_Reader{text}.errors.begin()->mark; }

  void every_type_is_read() {
    const Sample_Options got = read_well(
        "enabled: true\nshift: 7\nwide: -5\nlinger: 2s\nhigh_water: 64KiB\nengine: epoll\noverflow: shed\n"
        "listen: tcp://127.0.0.1:7007\ntags: [a, 'b c']\nweights: { one: 1, two: 2 }\ninner: { drain: 1m }\n");
    CPPUNIT_ASSERT(got.enabled && got.shift == 7 && got.wide == -5 && got.linger == 2s && got.high_water == 65536);
    CPPUNIT_ASSERT(got.name == "x" && got.engine == "epoll" && got.overflow == strata_test::Overflow::shed);
    CPPUNIT_ASSERT_EQUAL(std::string{"tcp://127.0.0.1:7007"}, got.listen.value().to_text());
    CPPUNIT_ASSERT(got.tags == std::vector<std::string>({"a", "b c"}));
    CPPUNIT_ASSERT(got.weights.at("two") == 2 && got.inner.drain == 1min);
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

  void a_wrong_value_is_told_with_its_place() {
    expect_mistake("10: error: enabled: expected true or false, found \"yes\"", "enabled: yes");
    expect_mistake("10: error: enabled: expected true or false, found the text \"true\"", "enabled: 'true'");
    expect_mistake("8: error: shift: expected a whole number, found \"7x\"", "shift: 7x");
    expect_mistake("8: error: shift: expected a whole number, found the text \"7\"", "shift: \"7\"");
    expect_mistake("9: error: linger: \"30\" has no unit; write 30s or 30ms", "linger: 30");
    expect_mistake("9: error: linger: expected a duration such as 30s, 250ms, 5m or 1h, found \"-3s\"", "linger: -3s");
    expect_mistake("9: error: linger: expected a duration such as 30s, 250ms, 5m or 1h, found \"9999999999999h\"",
                   "linger: 9999999999999h");
    expect_mistake("13: error: high_water: expected a size such as 512, 64KiB or 1MB, found \"1M\"", "high_water: 1M");
  }

  void a_value_of_the_wrong_shape_is_told() {
    expect_mistake("1: error: shift: expected a whole number, found nothing", "shift:");
    expect_mistake("7: error: tags: expected a list, found \"a\"", "tags: a");
    expect_mistake("8: error: inner: expected a mapping of keys and values, found a list", "inner: []");
    expect_mistake("9: error: linger: expected a duration such as 30s, 250ms, 5m or 1h, found a mapping",
                   "linger: { s: 3 }");
  }

  void numbers_beyond_their_range_or_type_are_refused() {
    expect_mistake("8: error: shift: \"26\" is not within 1 and 25", "shift: 26");
    expect_mistake("8: error: shift: \"999999999999999999999\" is not within 1 and 25", "shift: 999999999999999999999");
    expect_mistake("9: error: linger: \"2h\" is not within 0s and 1h", "linger: 2h");
    expect_mistake("13: error: high_water: \"1023B\" is not within 1KiB and 1GiB", "high_water: 1023B");
    expect_mistake("17: error: one: \"256\" is not within 0 and 255", "weights: { one: 256 }");
  }

  void a_mistake_inside_an_endpoint_is_pointed_at() {
    CPPUNIT_ASSERT(place_of_mistake("name: x\nlisten: tcp://127.0.0.1:70070\n") == (Mark{2, 9 + 16}));
    CPPUNIT_ASSERT(place_of_mistake("name: x\nlisten: \"tcp://127.0.0.1:70070\"\n") == (Mark{2, 10 + 16}));
    CPPUNIT_ASSERT(place_of_mistake("name: x\nlisten: http://localhost\n") == (Mark{2, 9}));
  }

  void endpoints_are_one_or_a_list_of_different_ones() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, read_well("places: tcp://*:7").places.size());
    const Sample_Options two = read_well("places: ['tcp://*:7', unix:///run/x]");
    CPPUNIT_ASSERT_EQUAL(std::string{"unix:///run/x"}, two.places.at(1).to_text());
    expect_mistake("9: error: places: is empty: at least one is needed", "places: []");
    expect_mistake("23: error: tcp://*:7 stands twice", "places: ['tcp://*:7', 'tcp://*:7']");
    expect_mistake("11: error: expected an endpoint such as tcp://127.0.0.1:7007, found a list", "places: [ [] ]");
  }

  void a_word_that_is_not_allowed_says_which_are() {
    expect_mistake("11: error: overflow: \"puase\" is not one of: pause close shed; did you mean \"pause\"?",
                   "overflow: puase");
    expect_mistake("9: error: engine: \"kqueue\" is not one of: auto epoll", "engine: kqueue");
  }

  void a_value_is_shown_as_it_would_be_written() {
    const Sample_Options got = read_well("linger: 1500ms\nhigh_water: 64KiB\ntags: [a, b]\nlisten: unix:///run/x\n"
                                        "places: [unix:///run/y, 'tcp://[::1]:7']\n");
    std::string shown;
    for (const Field& one : Sample_Options::fields()) shown += one.show(one, &got) + '|';
    CPPUNIT_ASSERT_EQUAL(std::string{"false|13|0|1500ms|64KiB|x|auto|pause|unix:///run/x|"
                                     "[unix:///run/y, \"tcp://[::1]:7\"]|[a, b]|{}|{}|"},
                         shown);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Value_Test);
