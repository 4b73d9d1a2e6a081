// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Socket_Address.h>

#include <algorithm>
#include <array>
#include <string>

#include "Os_Fixture.h"

namespace {

using namespace std::string_literals;
using namespace strata_test;
using strata::os::Family;
using strata::os::Socket_Address;

constexpr std::array<std::uint8_t, 4> v4{192, 0, 2, 7};
constexpr std::array<std::uint8_t, 16> v6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2a};

class Socket_Address_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Socket_Address_Test);
  CPPUNIT_TEST(an_empty_address_has_no_parts);
  CPPUNIT_TEST(an_ipv4_address_gives_its_parts_back);
  CPPUNIT_TEST(an_ipv6_address_gives_its_parts_back);
  CPPUNIT_TEST(a_port_is_set_only_where_there_is_one);
  CPPUNIT_TEST(a_path_gives_itself_back);
  CPPUNIT_TEST(an_abstract_name_keeps_its_nul);
  CPPUNIT_TEST(a_path_is_one_to_107_bytes_without_nul);
  CPPUNIT_TEST(equality_looks_at_every_part);
  CPPUNIT_TEST(bytes_of_a_foreign_family_are_unspecified);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_empty_address_has_no_parts() {
    const Socket_Address none;
    CPPUNIT_ASSERT(none.family() == Family::unspecified);
    CPPUNIT_ASSERT_EQUAL(0u, none.size());
    CPPUNIT_ASSERT(none.address().empty() && none.path().empty());
    CPPUNIT_ASSERT(none.port() == 0 && none.scope() == 0);
  }

  void an_ipv4_address_gives_its_parts_back() {
    const auto address = Socket_Address::ipv4(v4, 8080);
    CPPUNIT_ASSERT(address.family() == Family::ipv4);
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{8080}, address.port());
    CPPUNIT_ASSERT(std::ranges::equal(v4, address.address()));
    CPPUNIT_ASSERT_EQUAL(16u, address.size());
  }

  void an_ipv6_address_gives_its_parts_back() {
    const auto address = Socket_Address::ipv6(v6, 443, 3);
    CPPUNIT_ASSERT(address.family() == Family::ipv6);
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{443}, address.port());
    CPPUNIT_ASSERT_EQUAL(3u, address.scope());
    CPPUNIT_ASSERT(std::ranges::equal(v6, address.address()));
  }

  void a_port_is_set_only_where_there_is_one() {
    auto internet = Socket_Address::ipv6(v6, 443);
    internet.set_port(444);
    CPPUNIT_ASSERT_EQUAL(std::uint16_t{444}, internet.port());
    auto local = value_of(Socket_Address::local("/run/echo"));
    local.set_port(444);
    CPPUNIT_ASSERT_EQUAL("/run/echo"s, std::string{local.path()});
  }

  void a_path_gives_itself_back() {
    const auto address = value_of(Socket_Address::local("/run/echo"));
    CPPUNIT_ASSERT(address.family() == Family::local);
    CPPUNIT_ASSERT_EQUAL("/run/echo"s, std::string{address.path()});
    CPPUNIT_ASSERT_EQUAL(2u + 9u + 1u, address.size());
  }

  void an_abstract_name_keeps_its_nul() {
    const auto name = "\0a\0b"s;
    const auto address = value_of(Socket_Address::local(name));
    CPPUNIT_ASSERT_EQUAL(name, std::string{address.path()});
    CPPUNIT_ASSERT_EQUAL(2u + 4u, address.size());  // no NUL after it: unix(7)
  }

  void a_path_is_one_to_107_bytes_without_nul() {
    const std::string longest(107, 'x');
    CPPUNIT_ASSERT_EQUAL(longest, std::string{value_of(Socket_Address::local(longest)).path()});
    expect_error(std::errc::filename_too_long, Socket_Address::local(longest + "x"));
    expect_error(std::errc::invalid_argument, Socket_Address::local(""));
    expect_error(std::errc::invalid_argument, Socket_Address::local("a\0b"s));
  }

  void equality_looks_at_every_part() {
    const auto address = Socket_Address::ipv6(v6, 443, 3);
    CPPUNIT_ASSERT(address == Socket_Address::ipv6(v6, 443, 3));
    CPPUNIT_ASSERT(address != Socket_Address::ipv6(v6, 444, 3));
    CPPUNIT_ASSERT(address != Socket_Address::ipv6(v6, 443, 4));
    CPPUNIT_ASSERT(Socket_Address::ipv4(v4, 1) != Socket_Address::ipv4(std::array<std::uint8_t, 4>{}, 1));
    CPPUNIT_ASSERT(value_of(Socket_Address::local("/a")) != value_of(Socket_Address::local("/b")));
  }

  void bytes_of_a_foreign_family_are_unspecified() {
    auto address = Socket_Address::ipv4(v4, 1);
    *static_cast<std::uint8_t*>(address.data()) = 99;  // little-endian sa_family_t
    CPPUNIT_ASSERT(address.family() == Family::unspecified);
    CPPUNIT_ASSERT(address.address().empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Socket_Address_Test);

}  // namespace
