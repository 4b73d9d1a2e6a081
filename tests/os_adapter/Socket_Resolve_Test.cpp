// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <vector>

#include <strata/os/Socket.h>

#include "Fault_Table.h"
#include "Loopback.h"

namespace {

namespace os = strata::os;
using namespace std::string_literals;
using namespace strata_test;
using os::Family;
using os::Socket_Address;

class Socket_Resolve_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Socket_Resolve_Test);
  CPPUNIT_TEST(a_literal_is_its_own_address_once);
  CPPUNIT_TEST(no_host_is_loopback_to_connect_and_any_address_to_bind);
  CPPUNIT_TEST(a_host_without_an_address_of_the_family_is_unreachable);
  CPPUNIT_TEST(a_local_name_is_not_resolved);
  CPPUNIT_TEST(a_failing_resolver_is_an_error);
  CPPUNIT_TEST(a_host_with_a_nul_inside_is_refused);
  CPPUNIT_TEST_SUITE_END();

  using V6 = std::array<std::uint8_t, 16>;
  static void expect_only(const Socket_Address& expected, const std::vector<Socket_Address>& found) {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
    CPPUNIT_ASSERT(expected == found.front());
  }

 public:
  void a_literal_is_its_own_address_once() {
    expect_only(loopback(80), value_of(os::resolve({.host = "127.0.0.1", .port = 80})));
    V6 one{};
    one.back() = 1;
    expect_only(Socket_Address::ipv6(one, 443), value_of(os::resolve({.host = "::1", .port = 443})));
  }

  void no_host_is_loopback_to_connect_and_any_address_to_bind() {
    const Family family = Family::ipv4;
    expect_only(loopback(7), value_of(os::resolve({.host = "", .port = 7, .family = family})));
    const auto any = Socket_Address::ipv4(std::array<std::uint8_t, 4>{}, 7);
    expect_only(any, value_of(os::resolve({.host = "", .port = 7, .family = family, .passive = true})));
  }

  void a_host_without_an_address_of_the_family_is_unreachable() {
    expect_error(std::errc::host_unreachable, os::resolve({.host = "::1", .family = Family::ipv4}));
  }

  void a_local_name_is_not_resolved() {
    expect_error(std::errc::address_family_not_supported, os::resolve({.host = "/run", .family = Family::local}));
  }

  void a_failing_resolver_is_an_error() {
    Fault_Table faults;
    faults.fail<&os::Operations::resolve>(std::errc::resource_unavailable_try_again, 1);
    expect_error(std::errc::resource_unavailable_try_again, os::resolve({.host = "127.0.0.1"}));
  }

  void a_host_with_a_nul_inside_is_refused() {
    expect_error(std::errc::invalid_argument, os::resolve({.host = "127.0.0.1\0.example"s}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Socket_Resolve_Test);

}  // namespace
