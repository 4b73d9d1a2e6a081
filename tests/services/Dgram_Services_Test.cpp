// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include <strata/wrappers/INET_Addr.h>
#include <strata/wrappers/SOCK_Dgram.h>

#include "Service_Rig.h"

namespace {

using namespace strata_test;

class Dgram_Services_Test : public Service_Rig {
  CPPUNIT_TEST_SUITE(Dgram_Services_Test);
  CPPUNIT_TEST(echo_sends_the_datagram_back);
  CPPUNIT_TEST(discard_says_nothing);
  CPPUNIT_TEST(daytime_says_a_line);
  CPPUNIT_TEST(time_says_four_bytes);
  CPPUNIT_TEST(chargen_says_one_line_further_each_time);
  CPPUNIT_TEST(a_reflector_serves_loopback_alone_or_has_a_rate);
  CPPUNIT_TEST_SUITE_END();

  void start_on(const std::string& kind, const std::string& listen = "udp://127.0.0.1:0",
                const std::string& more = "") {
    start(kind, "auto", more, listen);
  }
  SOCK_Dgram client() {
    return SOCK_Dgram::open(INET_Addr{std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0}.native()).value();
  }
  void send(SOCK_Dgram& from, std::string_view text) { CPPUNIT_ASSERT(from.send(as_bytes(text), address())); }
  std::string reply(SOCK_Dgram& to) {
    std::array<std::byte, 1024> room;
    os::Datagram_In slot{room};
    turn_until([&] { return to.receive({&slot, 1}).has_value(); });
    return std::string{as_text(Const_Bytes{room}.first(slot.size))};
  }
  std::string ask(std::string_view text) {
    SOCK_Dgram one = client();
    send(one, text);
    return reply(one);
  }

 public:
  void echo_sends_the_datagram_back() {
    start_on("echo-udp");
    CPPUNIT_ASSERT_EQUAL(std::string{"hello"}, ask("hello"));
  }

  void discard_says_nothing() {
    start_on("discard-udp");
    SOCK_Dgram one = client();
    send(one, "x");
    turns(20);
    os::Datagram_In slot{};
    CPPUNIT_ASSERT(one.receive({&slot, 1}).error() == std::errc::operation_would_block);
  }

  void daytime_says_a_line() {
    start_on("daytime-udp");
    const std::string line = ask("");
    CPPUNIT_ASSERT(line.ends_with("-UTC\r\n"));
    CPPUNIT_ASSERT(line.find("day, ") != line.npos);
  }

  void time_says_four_bytes() {
    start_on("time-udp");
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, ask("").size());
  }

  void chargen_says_one_line_further_each_time() {
    start_on("chargen-udp");
    const std::string first = ask("x"), second = ask("x");
    CPPUNIT_ASSERT_EQUAL(std::size_t{74}, first.size());
    CPPUNIT_ASSERT_EQUAL(first.substr(1, 71), second.substr(0, 71));
  }

  void a_reflector_serves_loopback_alone_or_has_a_rate() {
    for (const char* far : {"udp://*:0", "udp://0.0.0.0:0", "udp://192.0.2.1:7", "udp://[::]:0"}) {
      CPPUNIT_ASSERT(errors_of("echo-udp", far, "").contains("set `rate`"));
      CPPUNIT_ASSERT_EQUAL(std::string{}, errors_of("echo-udp", far, "rate: 100"));
      CPPUNIT_ASSERT_EQUAL(std::string{}, errors_of("discard-udp", far, ""));
    }
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_of("echo-udp", "udp://[::1]:0", ""));
    CPPUNIT_ASSERT(errors_of("echo-udp", "tcp://127.0.0.1:0", "").contains("expected udp://, fd:// or systemd://"));
    start_on("echo-udp", "udp://0.0.0.0:0", "rate: 100");
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Dgram_Services_Test);
