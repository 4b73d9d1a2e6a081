// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Dgram_Server.h>

#include <stdexcept>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Dgram_Rig.h"

namespace {

using namespace strata_test;

struct Throwing : Dgram_Handler {
  Throwing() { throw std::runtime_error{"no"}; }
  Result<> handle_datagram(Bytes, const INET_Addr&) override { return {}; }
};

const INET_Addr loopback{std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0};

class Dgram_Server_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Dgram_Server_Test);
  CPPUNIT_TEST(it_binds_all_addresses_or_none);
  CPPUNIT_TEST(one_port_0_is_one_port_in_both_families);
  CPPUNIT_TEST(a_bound_socket_is_adopted);
  CPPUNIT_TEST(a_constructor_that_throws_is_an_error);
  CPPUNIT_TEST(closed_it_has_no_addresses_and_may_open_again);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_binds_all_addresses_or_none() {
    Dgram_Rig rig{"epoll"};
    const SOCK_Dgram taken = rig.client();
    const std::array both{loopback.native(), taken.local_address().value()};
    Dgram_Server<Dgram_Rig::Host> server{*rig.stage};
    const Outcome<> opened = server.open(both);
    CPPUNIT_ASSERT(opened.error().code == std::errc::address_in_use);
    CPPUNIT_ASSERT(opened.error().what.starts_with("bind 127.0.0.1:"));
    rig.turns(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
  }

  void one_port_0_is_one_port_in_both_families() {
    Dgram_Rig rig{"epoll"};
    const std::array both{INET_Addr::parse("::1", 0)->native(), loopback.native()};
    Dgram_Server<Dgram_Rig::Host> server{*rig.stage};
    for (int i = 0; i < 100; ++i) {
      const Outcome<> opened = server.open(both);
      if (!opened && opened.error().code == std::errc::address_in_use) continue;  // somebody else's: another port
      if (!opened) return;  // a host without IPv6
      const auto addresses = server.addresses();
      CPPUNIT_ASSERT_EQUAL(addresses.at(0).port(), addresses.at(1).port());
      return;
    }
    CPPUNIT_FAIL("no port of a hundred was free for both");
  }

  void a_bound_socket_is_adopted() {
    Dgram_Rig rig{"epoll"};
    SOCK_Dgram bound = rig.client();
    const os::Socket_Address address = bound.local_address().value();
    rig.server = std::make_unique<Dgram_Server<Dgram_Rig::Host>>(*rig.stage);
    CPPUNIT_ASSERT(rig.server->adopt(std::move(bound)));
    CPPUNIT_ASSERT(rig.address() == address);
    SOCK_Dgram client = rig.client();
    rig.send(client, "x");
    rig.expect_received(1);
  }

  void a_constructor_that_throws_is_an_error() {
    Dgram_Rig rig{"epoll"};
    Dgram_Server<Throwing> server{*rig.stage};
    const Outcome<> opened = server.open(std::array{loopback.native()});
    CPPUNIT_ASSERT_EQUAL(std::string{"a handler's constructor threw: no"}, opened.error().what);
  }

  void closed_it_has_no_addresses_and_may_open_again() {
    Dgram_Rig rig{"epoll"};
    rig.open();
    const os::Socket_Address address = rig.address();
    rig.server->close();
    CPPUNIT_ASSERT(rig.server->addresses().empty());
    rig.turns(1);
    CPPUNIT_ASSERT(rig.server->open(std::array{address}));
    CPPUNIT_ASSERT(rig.address() == address);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Dgram_Server_Test);
