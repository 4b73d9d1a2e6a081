// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Cache_World.h"

namespace {

using namespace std::chrono_literals;
using strata_test::Cache_World;

/// What every command is answered with is compared with memcached's own answers in tests/stratad/cache_test.py.
class Cache_Session_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Cache_Session_Test);
  CPPUNIT_TEST(commands_may_be_split_at_any_byte);
  CPPUNIT_TEST(all_commands_of_a_read_are_answered_in_one_write);
  CPPUNIT_TEST(peers_share_one_store);
  CPPUNIT_TEST(an_item_expires_on_time);
  CPPUNIT_TEST(a_flush_can_be_asked_for_a_later_time);
  CPPUNIT_TEST(a_peer_that_reads_nothing_costs_no_more_than_the_high_water_mark);
  CPPUNIT_TEST(a_value_in_pieces_is_charged_until_it_is_whole);
  CPPUNIT_TEST(a_value_without_room_is_refused_and_the_peer_stays);
  CPPUNIT_TEST(values_on_their_way_share_a_sixteenth_of_the_memory);
  CPPUNIT_TEST(a_line_without_end_closes);
  CPPUNIT_TEST_SUITE_END();

  static std::string item(const std::string& key, const std::string& value) {
    return "set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
  }
  static std::string answer(const std::string& key, const std::string& value) {
    return "VALUE " + key + " 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
  }

 public:
  void commands_may_be_split_at_any_byte() {
    const std::string said = item("a", "one\r\ntwo") + "get a b\r\nadd a 0 0 1\r\nx\r\nset b 0 0 2\r\nxyz\r\n" +
                             "append a 0 0 0 noreply\r\n\r\nincr c 1\r\nget a\r\nquit\r\n";
    const std::string expected = "STORED\r\n" + answer("a", "one\r\ntwo") + "END\r\nNOT_STORED\r\n" +
                                 "CLIENT_ERROR bad data chunk\r\nERROR\r\nNOT_FOUND\r\n" + answer("a", "one\r\ntwo") +
                                 "END\r\n";
    for (std::size_t at = 0; at < said.size(); ++at) {
      Cache_World world;
      world.say(said.substr(0, at));
      std::string got = world.heard();
      got += world.ask(said.substr(at));
      CPPUNIT_ASSERT_EQUAL(expected, got);
    }
  }

  void all_commands_of_a_read_are_answered_in_one_write() {
    Cache_World world;
    world.peer();
    world.say(item("a", "1") + "get a\r\nget a\r\nversion\r\n");
    std::array<std::byte, 1000> room;
    world.turns(1);
    const auto got = world.peer().receive(room).value();
    const std::string_view text = strata::as_text(strata::Const_Bytes{room}.first(got));
    CPPUNIT_ASSERT(text.starts_with("STORED\r\nVALUE a 0 1\r\n1\r\nEND\r\nVALUE a 0 1\r\n1\r\nEND\r\nVERSION "));
  }

  void peers_share_one_store() {
    Cache_World world;
    CPPUNIT_ASSERT_EQUAL(std::string{"STORED\r\n"}, world.ask(item("a", "1"), 0));
    CPPUNIT_ASSERT_EQUAL(answer("a", "1") + "END\r\n", world.ask("get a\r\n", 1));
  }

  void an_item_expires_on_time() {
    Cache_World world;
    world.ask("set a 0 10 1\r\n1\r\nset b 0 0 1\r\n2\r\n");
    world.pass(9s);
    CPPUNIT_ASSERT_EQUAL(answer("a", "1") + answer("b", "2") + "END\r\n", world.ask("get a b\r\n"));
    world.pass(1s);
    CPPUNIT_ASSERT_EQUAL(answer("b", "2") + "END\r\n", world.ask("get a b\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string{"TOUCHED\r\n"}, world.ask("touch b 5\r\n"));
    world.pass(6s);
    CPPUNIT_ASSERT_EQUAL(std::string{"END\r\n"}, world.ask("get b\r\n"));
  }

  void a_flush_can_be_asked_for_a_later_time() {
    Cache_World world;
    world.ask(item("a", "1") + "flush_all 10\r\n");
    world.pass(9s);
    world.ask(item("b", "2"));
    CPPUNIT_ASSERT_EQUAL(answer("a", "1") + "END\r\n", world.ask("get a\r\n"));
    world.pass(1s);
    CPPUNIT_ASSERT_EQUAL(std::string{"END\r\n"}, world.ask("get a b\r\n"));
    CPPUNIT_ASSERT_EQUAL("STORED\r\n" + answer("c", "3") + "END\r\n", world.ask(item("c", "3") + "get c\r\n"));
  }

  void a_peer_that_reads_nothing_costs_no_more_than_the_high_water_mark() {
    strata::Stream_Options stream;
    stream.high_water = 64 * 1024;
    stream.low_water = 16 * 1024;
    Cache_World world{{}, stream};
    const std::string value(10'000, 'v');
    world.ask(item("a", value));
    std::string keys;
    constexpr std::size_t asked = 3000;  // 30 MB of answers
    for (std::size_t i = 0; i < asked; ++i) keys += " a";
    world.say("get" + keys + "\r\nget a\r\n");
    world.turns(50);
    CPPUNIT_ASSERT(world.service().budget().used() <= stream.high_water + value.size() + 100);
    const std::string all = world.heard();
    CPPUNIT_ASSERT_EQUAL((asked + 1) * answer("a", value).size() + 10, all.size());
    CPPUNIT_ASSERT(all.ends_with("END\r\n"));
  }

  void a_value_in_pieces_is_charged_until_it_is_whole() {
    Cache_World world;
    const std::string value(100'000, 'v');
    world.say("set a 0 0 100000\r\n" + value.substr(0, 50'000));
    world.turns(5);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100'002}, world.service().budget().used());
    CPPUNIT_ASSERT_EQUAL(std::string{"STORED\r\n"}, world.ask(value.substr(50'000) + "\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, world.service().budget().used());
    CPPUNIT_ASSERT_EQUAL(answer("a", value) + "END\r\n", world.ask("get a\r\n"));
  }

  void a_value_without_room_is_refused_and_the_peer_stays() {
    Cache_World world;
    CPPUNIT_ASSERT(world.service().budget().charge(strata::Budget::unlimited - 1000));
    const std::string value(100'000, 'v');
    CPPUNIT_ASSERT_EQUAL(std::string{"SERVER_ERROR out of memory storing object\r\n"},
                         world.ask("set a 0 0 100000\r\n" + value + "\r\n"));
    world.service().budget().release(strata::Budget::unlimited - 1000);
    CPPUNIT_ASSERT_EQUAL(std::string{"STORED\r\n"}, world.ask(item("a", "1")));
  }

  void values_on_their_way_share_a_sixteenth_of_the_memory() {
    cache::Cache_Options options;
    options.memory = 16 * 1024 * 1024;
    options.max_item = 700'000;
    Cache_World world{options};
    const std::string half(350'000, 'v');
    world.say("set a 0 0 700000\r\n" + half, 0);
    world.turns(5);
    world.say("set b 0 0 700000\r\n" + half, 1);
    CPPUNIT_ASSERT_EQUAL(std::string{"SERVER_ERROR out of memory storing object\r\n"}, world.heard(1));
    CPPUNIT_ASSERT_EQUAL(std::string{"STORED\r\n"}, world.ask(half + "\r\n", 0));
    CPPUNIT_ASSERT_EQUAL(std::string{}, world.ask(half + "\r\n", 1));  // swallowed
    CPPUNIT_ASSERT_EQUAL(std::string{"STORED\r\n"}, world.ask("set b 0 0 700000\r\n" + half + half + "\r\n", 1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, world.service().budget().used());
  }

  void a_line_without_end_closes() {
    Cache_World world;
    world.say(std::string(70'000, 'x'));
    world.turns(5);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, world.service().connections());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Cache_Session_Test);
