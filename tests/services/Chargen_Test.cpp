// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include "Service_Rig.h"

namespace {

using namespace strata_test;

class Chargen_Test : public Service_Rig {
  CPPUNIT_TEST_SUITE(Chargen_Test);
  CPPUNIT_TEST(lines_come_in_the_pattern_of_the_rfc);
  CPPUNIT_TEST(a_peer_that_reads_nothing_costs_no_more_than_the_high_water_mark);
  CPPUNIT_TEST(a_peer_that_reads_again_gets_the_next_line);
  CPPUNIT_TEST(a_drain_ends_it_after_what_was_queued);
  CPPUNIT_TEST_SUITE_END();

 public:
  static std::string line(int first) {
    std::string text;
    for (int column = 0; column < 72; ++column) text += static_cast<char>(' ' + (first + column) % 95);
    return text + "\r\n";
  }
  static std::string lines(std::size_t size) {
    std::string text;
    for (int first = 0; text.size() < size; ++first) text += line(first % 95);
    return text.substr(0, size);
  }

  void lines_come_in_the_pattern_of_the_rfc() {
    start("chargen");
    SOCK_Stream peer = connect();
    const std::string got = receive(peer, 1'000'000);
    CPPUNIT_ASSERT(got == lines(got.size()));
    CPPUNIT_ASSERT_EQUAL(std::string{" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg"},
                         got.substr(0, 72));
  }

  void a_peer_that_reads_nothing_costs_no_more_than_the_high_water_mark() {
    start("chargen", "auto", "queue_limit: 1MiB, high_water: 64KiB");
    SOCK_Stream peer = connect();
    turns(2000);
    const std::string got = receive(peer, 3'000'000);  // nothing was refused: the stream goes on
    CPPUNIT_ASSERT(got.size() >= 3'000'000 && got == lines(got.size()));
  }

  void a_peer_that_reads_again_gets_the_next_line() {
    start("chargen", "auto", "high_water: 64KiB");
    SOCK_Stream peer = connect();
    std::string got;
    for (int i = 0; i < 20; ++i) got += receive(peer, 500'000);
    CPPUNIT_ASSERT(got.size() >= 10'000'000 && got == lines(got.size()));
  }

  void a_drain_ends_it_after_what_was_queued() {
    start("chargen");
    SOCK_Stream peer = connect();
    turns(500);  // much is queued
    begin_stop(std::chrono::seconds{10});
    const std::string rest = receive(peer, std::string::npos);  // until the end
    CPPUNIT_ASSERT(rest == lines(rest.size()) && rest.ends_with("\r\n"));
    peer.close();
    turn_until([this] { return stopped(); });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Chargen_Test);
