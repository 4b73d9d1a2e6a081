// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/INET_Addr.h>

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

using namespace strata;

namespace {

const char* const not_addresses[] = {
    "", ":", "[", "[]", "[]:1", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536", "127.0.0.1:080", "127.0.0.1:+1",
    "127.0.0.1:-1", "127.0.0.1: 1", "127.0.0.1:1 ", " 127.0.0.1:1", "127.0.0.1:0x1", "127.1:1", "2130706433:1",
    "127.0.0.01:1", "256.0.0.1:1", "1.2.3.4.5:1", "1.2.3:1", "1.2.3.:1", ".1.2.3:1", "1..2.3:1", "1.2.3.4.:1",
    "[127.0.0.1]:1", "localhost:1", "::1:80", "[::1]", "[::1]:", "[::1]80", "::1]:80", "[::1:80", "[::1]]:80",
    "[[::1]:80", "[:::]:1", "[::1::]:1", "[1:2:3:4:5:6:7]:1", "[1:2:3:4:5:6:7:8:9]:1", "[1:2:3:4::5:6:7:8]:1",
    "[::12345]:1", "[::g]:1", "[:1::2]:1", "[1::2:]:1", "[1:2:3:4:5:6:7:8:]:1", "[::-1]:1", "[::0x1]:1",
    "[::1.2.3]:1", "[::1.2.3.4:5]:1", "[1.2.3.4::]:1", "[1:2:3:4:5:6:7:1.2.3.4]:1", "[::ffff:1.2.3.256]:1",
    "[fe80::1%]:1", "[fe80::1%0]:1", "[fe80::1%eth0]:1", "[fe80::1%01]:1", "[fe80::1%4294967296]:1", "[%1]:1",
    "1.2.3.4%1:1", "[fe80::1%1%2]:1",
};

}  // namespace

class INET_Addr_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(INET_Addr_Test);
  CPPUNIT_TEST(literals_become_canonical_text);
  CPPUNIT_TEST(anything_else_is_refused);
  CPPUNIT_TEST(random_addresses_survive_their_text);
  CPPUNIT_TEST(native_form_keeps_every_part);
  CPPUNIT_TEST(only_internet_addresses_convert);
  CPPUNIT_TEST(order_is_family_address_scope_port);
  CPPUNIT_TEST(equal_addresses_hash_alike_and_different_ones_apart);
  CPPUNIT_TEST(any_and_loopback_are_recognised);
  CPPUNIT_TEST(value_is_small);
  CPPUNIT_TEST_SUITE_END();

  static INET_Addr parsed(std::string_view text) { return INET_Addr::parse(text).value(); }

 public:
  void literals_become_canonical_text() {
    const std::pair<const char*, const char*> table[] = {
        {"127.0.0.1:80", "127.0.0.1:80"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"[::]:0", "[::]:0"},
        {"[::1]:80", "[::1]:80"},
        {"[1::]:80", "[1::]:80"},
        {"[2001:DB8::A]:1", "[2001:db8::a]:1"},
        {"[2001:0db8:0000:0000:0001:0000:0000:0001]:1", "[2001:db8::1:0:0:1]:1"},  // the first of equal runs
        {"[2001:db8:0:0:1:0:0:0]:1", "[2001:db8:0:0:1::]:1"},                      // the longest run
        {"[2001:db8:0:1:1:1:1:1]:1", "[2001:db8:0:1:1:1:1:1]:1"},                  // never for one group
        {"[2001:db8::1:1:1:1:1]:1", "[2001:db8:0:1:1:1:1:1]:1"},
        {"[1:2:3:4:5:6:7::]:1", "[1:2:3:4:5:6:7:0]:1"},
        {"[::2:3:4:5:6:7:8]:1", "[0:2:3:4:5:6:7:8]:1"},
        {"[::ffff:c000:0280]:1", "[::ffff:192.0.2.128]:1"},
        {"[::ffff:192.0.2.128]:1", "[::ffff:192.0.2.128]:1"},
        {"[1:2:3:4:5:6:1.2.3.4]:1", "[1:2:3:4:5:6:102:304]:1"},
        {"[::1.2.3.4]:1", "[::102:304]:1"},
        {"[fe80::1%2]:80", "[fe80::1%2]:80"},
        {"[fe80::1%4294967295]:80", "[fe80::1%4294967295]:80"},
    };
    for (const auto& [text, canonical] : table) {
      const auto address = INET_Addr::parse(text);
      CPPUNIT_ASSERT_MESSAGE(text, address);
      CPPUNIT_ASSERT_EQUAL(std::string(canonical), address->to_text());
    }
  }

  void anything_else_is_refused() {
    for (const char* text : not_addresses) CPPUNIT_ASSERT_MESSAGE(text, !INET_Addr::parse(text));
    CPPUNIT_ASSERT(!INET_Addr::parse(std::string_view("127.0.0.1:80\0", 13)));
    CPPUNIT_ASSERT(!INET_Addr::parse(std::string_view("1.2.3\0.4:80", 11)));
  }

  void random_addresses_survive_their_text() {
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
      std::array<std::uint8_t, 16> bytes;
      // Two bytes in three are zero, so that runs of every length and place occur.
      for (std::uint8_t& byte : bytes) byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : std::uint8_t{0};
      const INET_Addr v6(bytes, static_cast<std::uint16_t>(random()), static_cast<std::uint32_t>(random() % 3));
      const std::span<const std::uint8_t, 16> all = bytes;
      const INET_Addr v4(all.first<4>(), 1);
      CPPUNIT_ASSERT_EQUAL(v6.to_text(), parsed(v6.to_text()).to_text());
      CPPUNIT_ASSERT(v6 == parsed(v6.to_text()));
      CPPUNIT_ASSERT(v4 == parsed(v4.to_text()));
    }
  }

  void native_form_keeps_every_part() {
    for (const char* text : {"127.0.0.1:80", "[::1]:80", "[fe80::1%2]:443", "0.0.0.0:0"}) {
      const INET_Addr address = parsed(text);
      CPPUNIT_ASSERT(address == INET_Addr::from(address.native()).value());
    }
    CPPUNIT_ASSERT(parsed("1.2.3.4:258").native().family() == os::Family::ipv4);
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{258}, parsed("1.2.3.4:258").native().port());
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{7}, parsed("[fe80::1%7]:1").native().scope());
  }

  void only_internet_addresses_convert() {
    for (const os::Socket_Address& address : {os::Socket_Address{}, os::Socket_Address::local("/x").value()}) {
      CPPUNIT_ASSERT(INET_Addr::from(address).error() == std::errc::address_family_not_supported);
    }
  }

  void order_is_family_address_scope_port() {
    std::vector<std::string> sorted = {"1.2.3.4:9", "1.2.3.5:1",   "9.0.0.0:1",     "[::]:1",
                                       "[::1]:2",   "[fe80::1]:5", "[fe80::1%1]:9", "[fe80::1%2]:1"};
    std::vector<INET_Addr> addresses;
    for (const std::string& text : sorted) addresses.push_back(parsed(text));
    std::shuffle(addresses.begin(), addresses.end(), std::mt19937(7));
    std::sort(addresses.begin(), addresses.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) CPPUNIT_ASSERT_EQUAL(sorted[i], addresses[i].to_text());
  }

  void equal_addresses_hash_alike_and_different_ones_apart() {
    std::unordered_set<INET_Addr> set;
    for (const char* text :
         {"1.2.3.4:1", "1.2.3.4:2", "1.2.3.5:1", "[::]:1", "[102:304::]:1", "[::%1]:1", "0.0.0.0:1"}) {
      CPPUNIT_ASSERT_MESSAGE(text, set.insert(parsed(text)).second);
      CPPUNIT_ASSERT_MESSAGE(text, !set.insert(parsed(text)).second);
    }
    CPPUNIT_ASSERT(parsed("1.2.3.4:1").hash() != parsed("[102:304::]:1").hash());
  }

  void any_and_loopback_are_recognised() {
    CPPUNIT_ASSERT(parsed("0.0.0.0:1").is_any() && parsed("[::]:1").is_any() && !parsed("[::1]:1").is_any());
    CPPUNIT_ASSERT(parsed("127.9.9.9:1").is_loopback() && parsed("[::1]:1").is_loopback());
    CPPUNIT_ASSERT(!parsed("128.0.0.1:1").is_loopback() && !parsed("[7f00::1]:1").is_loopback());
  }

  void value_is_small() { CPPUNIT_ASSERT(sizeof(INET_Addr) <= 28); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(INET_Addr_Test);
