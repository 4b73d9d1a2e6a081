// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Address_Text.h>

#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Socket.h>
#include <strata/wrappers/INET_Addr.h>

using namespace strata;

class Address_Text_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Address_Text_Test);
  CPPUNIT_TEST(internet_address_has_its_port);
  CPPUNIT_TEST(unix_address_is_its_path_or_name);
  CPPUNIT_TEST(nameless_peer_and_empty_address_have_a_word);
  CPPUNIT_TEST_SUITE_END();

  static void expect(const std::string& text, const os::Socket_Address& address) {
    CPPUNIT_ASSERT_EQUAL(text, to_text(address));
  }

 public:
  void internet_address_has_its_port() {
    for (const char* text : {"127.0.0.1:80", "[::1]:80", "[fe80::1%2]:443", "0.0.0.0:0"}) {
      expect(text, INET_Addr::parse(text)->native());
    }
  }

  void unix_address_is_its_path_or_name() {
    expect("/run/echo.sock", os::Socket_Address::local("/run/echo.sock").value());
    expect("@echo", os::Socket_Address::local(std::string_view("\0echo", 5)).value());
  }

  void nameless_peer_and_empty_address_have_a_word() {
    const os::Handle_Pair pair = os::socket_pair().value();
    expect("unnamed", os::peer_address(pair.first.get()).value());
    expect("unspecified", {});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Address_Text_Test);
