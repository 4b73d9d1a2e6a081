// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Source_Limits.h>

#include <array>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace std::chrono_literals;
using strata::Source_Limits;
using strata::os::Socket_Address;

class Source_Limits_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Source_Limits_Test);
  CPPUNIT_TEST(a_source_has_so_many_and_no_more);
  CPPUNIT_TEST(another_source_is_not_concerned);
  CPPUNIT_TEST(one_that_goes_makes_room);
  CPPUNIT_TEST(ports_do_not_matter_and_networks_of_64_bits_are_one_source);
  CPPUNIT_TEST(a_penalty_lasts_from_the_last_attempt);
  CPPUNIT_TEST(what_is_over_is_forgotten);
  CPPUNIT_TEST(one_that_outlives_its_penalty_is_forgotten_when_it_goes);
  CPPUNIT_TEST(penalties_are_bounded);
  CPPUNIT_TEST(unix_peers_are_not_limited);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_source_has_so_many_and_no_more() {
    Source_Limits limits{2, {}};
    CPPUNIT_ASSERT(admit(limits, v4(1), 1) && admit(limits, v4(1), 2) && !admit(limits, v4(1), 3));
  }

  void another_source_is_not_concerned() {
    Source_Limits limits{1, {}};
    CPPUNIT_ASSERT(admit(limits, v4(1), 1) && !admit(limits, v4(1), 2) && admit(limits, v4(2), 3));
  }

  void one_that_goes_makes_room() {
    Source_Limits limits{1, {}};
    CPPUNIT_ASSERT(admit(limits, v4(1), 1));
    limits.release(&who_[1]);
    limits.release(&who_[1]);  // nothing more
    CPPUNIT_ASSERT(admit(limits, v4(1), 2) && !admit(limits, v4(1), 3));
  }

  void ports_do_not_matter_and_networks_of_64_bits_are_one_source() {
    Source_Limits limits{1, {}};
    CPPUNIT_ASSERT(admit(limits, v4(1, 1000), 1) && !admit(limits, v4(1, 2000), 2));
    CPPUNIT_ASSERT(admit(limits, v6(1, 1), 3) && !admit(limits, v6(1, 2), 4) && admit(limits, v6(2, 1), 5));
  }

  void a_penalty_lasts_from_the_last_attempt() {
    Source_Limits limits{1, 10s};
    CPPUNIT_ASSERT(admit(limits, v4(1), 1) && !admit(limits, v4(1), 2));
    limits.release(&who_[1]);
    now_ += 9s;
    CPPUNIT_ASSERT(!admit(limits, v4(1), 2));
    now_ += 9s;
    CPPUNIT_ASSERT(!admit(limits, v4(1), 2));
    now_ += 10s;
    CPPUNIT_ASSERT(admit(limits, v4(1), 2));
  }

  void what_is_over_is_forgotten() {
    Source_Limits limits{1, 10s};
    CPPUNIT_ASSERT(admit(limits, v4(1), 1) && !admit(limits, v4(1), 2));
    limits.release(&who_[1]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, limits.sources());
    now_ += 10s;
    CPPUNIT_ASSERT(admit(limits, v4(2), 3));
    limits.release(&who_[3]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, limits.sources());
  }

  void one_that_outlives_its_penalty_is_forgotten_when_it_goes() {
    Source_Limits limits{1, 10s};
    CPPUNIT_ASSERT(admit(limits, v4(1), 1) && !admit(limits, v4(1), 2));
    now_ += 10s;
    CPPUNIT_ASSERT(admit(limits, v4(2), 3));  // the penalty is over, the connection is not
    limits.release(&who_[3]);
    limits.release(&who_[1]);
    now_ += 1h;
    CPPUNIT_ASSERT(admit(limits, v4(2), 3));
    limits.release(&who_[3]);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, limits.sources());
  }

  void penalties_are_bounded() {
    Source_Limits limits{1, 1h};
    for (std::uint32_t i = 0; i < 2 * Source_Limits::most_penalties; ++i) {
      CPPUNIT_ASSERT(admit(limits, v4(i), 1) && !admit(limits, v4(i), 2));
      limits.release(&who_[1]);
    }
    CPPUNIT_ASSERT(limits.sources() <= Source_Limits::most_penalties + 1);
  }

  void unix_peers_are_not_limited() {
    Source_Limits limits{1, 1h};
    const Socket_Address peer = *Socket_Address::local("/tmp/x");
    CPPUNIT_ASSERT(admit(limits, peer, 1) && admit(limits, peer, 2));
    limits.release(&who_[1]);
  }

 private:
  static Socket_Address v4(std::uint32_t host, std::uint16_t port = 1) {
    const auto byte = [host](int shift) { return static_cast<std::uint8_t>(host >> shift); };
    return Socket_Address::ipv4(std::array{byte(24), byte(16), byte(8), byte(0)}, port);
  }
  static Socket_Address v6(std::uint8_t network, std::uint8_t host) {
    std::array<std::uint8_t, 16> bytes{0x20, 0x01};
    bytes[7] = network;
    bytes[15] = host;
    return Socket_Address::ipv6(bytes, 1);
  }
  bool admit(Source_Limits& limits, const Socket_Address& peer, std::size_t who) {
    return limits.admit(peer, &who_[who], now_);
  }

  strata::Time_Point now_{1s};
  std::array<char, 8> who_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(Source_Limits_Test);

}  // namespace
