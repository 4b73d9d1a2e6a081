// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/UNIX_Addr.h>

#include <string>
#include <unordered_set>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Socket.h>

using namespace strata;

class UNIX_Addr_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UNIX_Addr_Test);
  CPPUNIT_TEST(paths_and_abstract_names_survive_the_native_form);
  CPPUNIT_TEST(bad_paths_are_refused);
  CPPUNIT_TEST(peer_without_a_name_is_unnamed);
  CPPUNIT_TEST(path_and_abstract_name_differ);
  CPPUNIT_TEST_SUITE_END();

 public:
  void paths_and_abstract_names_survive_the_native_form() {
    for (const std::string& text : {std::string("/run/echo.sock"), std::string("@echo"), std::string(107, 'a')}) {
      const UNIX_Addr address = UNIX_Addr::parse(text).value();
      CPPUNIT_ASSERT_EQUAL(text, address.to_text());
      CPPUNIT_ASSERT(address == UNIX_Addr::from(address.native().value()).value());
    }
  }

  void bad_paths_are_refused() {
    CPPUNIT_ASSERT(UNIX_Addr::parse("").error() == std::errc::invalid_argument);
    CPPUNIT_ASSERT(UNIX_Addr::parse("@").error() == std::errc::invalid_argument);
    CPPUNIT_ASSERT(UNIX_Addr::parse(std::string_view("/a\0b", 4)).error() == std::errc::invalid_argument);
    CPPUNIT_ASSERT(UNIX_Addr::parse(std::string_view("\0b", 2)).error() == std::errc::invalid_argument);
    CPPUNIT_ASSERT(UNIX_Addr::parse(std::string(108, 'a')).error() == std::errc::filename_too_long);
    CPPUNIT_ASSERT(UNIX_Addr::from({}).error() == std::errc::address_family_not_supported);
  }

  void peer_without_a_name_is_unnamed() {
    const os::Handle_Pair pair = os::socket_pair().value();
    const os::Socket_Address peer = os::peer_address(pair.first.get()).value();
    CPPUNIT_ASSERT(UNIX_Addr::from(peer)->unnamed());
    CPPUNIT_ASSERT(!UNIX_Addr().native());
  }

  void path_and_abstract_name_differ() {
    const std::unordered_set<UNIX_Addr> set{UNIX_Addr::parse("./@a").value(), UNIX_Addr::parse("@a").value(),
                                            UNIX_Addr::parse("a").value(), UNIX_Addr()};
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, set.size());
    CPPUNIT_ASSERT(UNIX_Addr::parse("@a")->is_abstract() && !UNIX_Addr::parse("a")->is_abstract());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UNIX_Addr_Test);
