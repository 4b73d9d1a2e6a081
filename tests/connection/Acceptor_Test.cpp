// SPDX-License-Identifier: Apache-2.0
// Listening, caps, deferral, and the acceptor's end; Acceptor_Fault_Test has what accept(2) may say.
#include <strata/connection/Acceptor.h>

#include <array>
#include <stdexcept>

#include <strata/wrappers/Address_Text.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Acceptor;
using strata::Bytes;
using Rig = Connection_Rig;

class Acceptor_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Acceptor_Test);
  CPPUNIT_TEST(port_0_becomes_a_real_port);
  CPPUNIT_TEST(port_0_is_one_port_in_both_families);
  CPPUNIT_TEST(a_taken_address_is_told_in_words);
  CPPUNIT_TEST(it_listens_on_all_addresses_or_on_none);
  CPPUNIT_TEST(it_listens_on_several_addresses);
  CPPUNIT_TEST(a_backlog_is_accepted_in_batches);
  CPPUNIT_TEST(close_stops_listening_and_connections_live);
  CPPUNIT_TEST(close_twice_is_one_close);
  CPPUNIT_TEST(it_may_be_destroyed_in_a_handlers_open);
  CPPUNIT_TEST(it_may_be_destroyed_in_a_hook_of_a_connection);
  CPPUNIT_TEST(at_the_cap_peers_wait);
  CPPUNIT_TEST(at_the_cap_all_listeners_wait_and_all_go_on);
  CPPUNIT_TEST(two_acceptors_at_the_cap_of_one_service_both_go_on);
  CPPUNIT_TEST(one_above_the_cap_goes_on_below_it);
  CPPUNIT_TEST(an_acceptor_closed_at_its_cap_is_told_no_more);
  CPPUNIT_TEST(defer_accept_needs_a_client_that_speaks_first);
  CPPUNIT_TEST(deferred_peers_are_read_when_accepted);
  CPPUNIT_TEST(a_deferred_peer_whose_handler_suspends_itself_is_not_read);
  CPPUNIT_TEST(a_handlers_constructor_that_throws_costs_that_peer_alone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void port_0_becomes_a_real_port() {
    on_each_backend([](Rig& rig) {
      rig.listen();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.acceptor->addresses().size());
      CPPUNIT_ASSERT(rig.address().port() != 0);
    });
  }

  void port_0_is_one_port_in_both_families() {
    on_each_backend([](Rig& rig) {
      if (!rig.backend.is("sim")) return;  // a machine may be without IPv6
      Acceptor<Host> acceptor{*rig.stage};
      const std::array any{loopback(), os::Socket_Address::ipv6(std::array<std::uint8_t, 16>{}, 0)};
      CPPUNIT_ASSERT(acceptor.open(any).has_value());
      CPPUNIT_ASSERT_EQUAL(acceptor.addresses()[0].port(), acceptor.addresses()[1].port());
    });
  }

  void a_taken_address_is_told_in_words() {
    on_each_backend([](Rig& rig) {
      const os::Socket_Address taken = rig.listen();
      Acceptor<Host> second{*rig.stage};
      const auto opened = second.open({&taken, 1});
      CPPUNIT_ASSERT(!opened);
      CPPUNIT_ASSERT(opened.error().code == std::errc::address_in_use);
      const std::string wanted = "bind " + strata::to_text(taken) + ": Address already in use";
      CPPUNIT_ASSERT_EQUAL(wanted, opened.error().what);
    });
  }

  void it_listens_on_all_addresses_or_on_none() {
    on_each_backend([](Rig& rig) {
      const os::Socket_Address taken = rig.listen();
      Acceptor<Host> second{*rig.stage};
      const std::array wanted{loopback(), taken};
      CPPUNIT_ASSERT(!second.open(wanted));
      CPPUNIT_ASSERT(second.addresses().empty());
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.reactor->size());
    });
  }

  void it_listens_on_several_addresses() {
    on_each_backend([](Rig& rig) {
      listen_twice(rig);
      for (const os::Socket_Address& each : rig.acceptor->addresses()) {
        rig.clients.push_back({Peer::connect(each), nullptr});
      }
      rig.until([&] { return rig.stage->connections() == 2; });
    });
  }

  void a_backlog_is_accepted_in_batches() {
    on_each_backend([](Rig& rig) {
      rig.listen();
      for (int i = 0; i < 100; ++i) rig.knock();
      const std::uint64_t before = rig.turns();
      const Seam seam;
      rig.until([&] { return rig.stage->connections() == 100; });
      CPPUNIT_ASSERT(rig.turns() - before <= 12);
      CPPUNIT_ASSERT(seam.accepts <= 102);
    });
  }

  void close_stops_listening_and_connections_live() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = echo;
      auto& client = rig.connect();
      const os::Socket_Address where = rig.address();
      rig.acceptor->close();
      rig.turn();
      expect_refused(where);
      client.send("alive");
      rig.expect_reply(client, "alive");
    });
  }

  void close_twice_is_one_close() {
    on_each_backend([](Rig& rig) {
      rig.listen();
      rig.acceptor->close();
      rig.acceptor->close();
      rig.turn();
      CPPUNIT_ASSERT(rig.acceptor->addresses().empty());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.reactor->size());
    });
  }

  void it_may_be_destroyed_in_a_handlers_open() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_open = [&](Host& h) { return rig.acceptor.reset(), h.put("the last one"); };
      rig.listen();
      for (int i = 0; i < 5; ++i) rig.knock();
      rig.expect_reply(rig.clients[0], "the last one");
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
    });
  }

  void it_may_be_destroyed_in_a_hook_of_a_connection() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [&](Host& h, Bytes) { return rig.acceptor.reset(), h.put("closed"); };
      auto& client = rig.connect();
      rig.knock();  // its event may be in the same batch
      client.send("x");
      rig.expect_reply(client, "closed");
    });
  }

  void at_the_cap_peers_wait() {
    on_each_backend([](Rig& rig) {
      rig.listen({.max_connections = 2});
      for (int i = 0; i < 3; ++i) rig.knock();
      rig.until([&] { return rig.stage->connections() == 2; });
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig.stage->connections());
      expect_still(rig);
      rig.stage->hosts[0]->close();
      rig.until([&] { return rig.stage->hosts.size() == 3; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig.stage->connections());
    });
  }

  void at_the_cap_all_listeners_wait_and_all_go_on() {
    on_each_backend([](Rig& rig) {
      listen_twice(rig, {.max_connections = 1});
      for (const os::Socket_Address& each : rig.acceptor->addresses()) {
        for (int i = 0; i < 3; ++i) rig.clients.push_back({Peer::connect(each), nullptr});
      }
      expect_one_by_one(rig, 6);
    });
  }

  void two_acceptors_at_the_cap_of_one_service_both_go_on() {
    on_each_backend([](Rig& rig) {
      rig.listen({.max_connections = 1});
      Acceptor<Host> second{*rig.stage};
      const std::array any{loopback()};
      CPPUNIT_ASSERT(second.open(any, {.max_connections = 1}).has_value());
      for (int i = 0; i < 3; ++i) {
        rig.knock();
        rig.clients.push_back({Peer::connect(second.addresses()[0]), nullptr});
      }
      expect_one_by_one(rig, 6);
    });
  }

  void one_above_the_cap_goes_on_below_it() {
    on_each_backend([](Rig& rig) {
      rig.connect();
      rig.connect();  // by an acceptor without a cap
      Acceptor<Host> capped{*rig.stage};
      const std::array any{loopback()};
      CPPUNIT_ASSERT(capped.open(any, {.max_connections = 1}).has_value());
      rig.clients.push_back({Peer::connect(capped.addresses()[0]), nullptr});
      rig.settle();
      for (std::size_t i = 0; i < 2; ++i) {
        CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig.stage->hosts.size());
        rig.stage->hosts[i]->close();
        rig.until([&] { return rig.stage->metrics().closed.value() == i + 1; });
      }
      rig.until([&] { return rig.stage->hosts.size() == 3; });
    });
  }

  void an_acceptor_closed_at_its_cap_is_told_no_more() {
    on_each_backend([](Rig& rig) {
      auto& client = (rig.listen({.max_connections = 1}), rig.connect());
      rig.knock();
      rig.settle();
      rig.acceptor.reset();
      client.close();
      rig.expect_closed(errc::end_of_stream);
    });
  }

  void defer_accept_needs_a_client_that_speaks_first() {
    on_each_backend([](Rig& rig) {
      Acceptor<Host> acceptor{*rig.stage};
      const std::array any{loopback()};
      const auto opened = acceptor.open(any, {.defer_accept = 1s});
      CPPUNIT_ASSERT(!opened);
      CPPUNIT_ASSERT(opened.error().code == std::errc::invalid_argument);
      CPPUNIT_ASSERT(opened.error().what.starts_with("defer_accept: "));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.reactor->size());
    });
  }

  void deferred_peers_are_read_when_accepted() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = echo;
      rig.listen<Polite_Host>({.defer_accept = 1s});
      auto& client = rig.knock();
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
      rig.until([&] { return client.push("hello") == 5; });
      rig.until([&] { return rig.stage->connections() == 1; });
      CPPUNIT_ASSERT_EQUAL(std::string{"hello"}, rig.stage->received);  // in the turn that accepted it
      rig.expect_reply(client, "hello");
    });
  }

  void a_deferred_peer_whose_handler_suspends_itself_is_not_read() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_open = [](Host& h) { return h.suspend(), Result<>{}; };
      rig.listen<Polite_Host>({.defer_accept = 1s});
      auto& client = rig.knock();
      rig.until([&] { return client.push("hello") == 5; });
      rig.until([&] { return rig.stage->connections() == 1; });
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::string{"o"}, rig.stage->diary);
      rig.stage->hosts[0]->resume();
      rig.expect_received("hello");
    });
  }

  void a_handlers_constructor_that_throws_costs_that_peer_alone() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_make = [&](Host&) -> Result<> {
        if (rig.stage->made == 1) throw std::runtime_error{"no luck"};
        if (rig.stage->made == 2) throw 42;
        return {};
      };
      rig.listen();
      auto &first = rig.knock(), &second = rig.knock();
      rig.expect_end(first);
      rig.expect_end(second);
      rig.connect();
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, rig.stage->metrics().shed.value());
    });
  }

 private:
  static void listen_twice(Rig& rig, const strata::Acceptor_Options& options = {}) {
    rig.acceptor = std::make_unique<Acceptor<Host>>(*rig.stage);
    const std::array both{loopback(), os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 2}, 0)};
    CPPUNIT_ASSERT(rig.acceptor->open(both, options).has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig.acceptor->addresses().size());
  }

  /// Each peer is served when the one before it has gone.
  static void expect_one_by_one(Rig& rig, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      rig.until([&] { return rig.stage->hosts.size() == i + 1; });
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
      rig.stage->hosts[i]->close();
    }
  }

  static void expect_refused(const os::Socket_Address& where) {
    auto socket = os::open_socket(where.family(), os::Socket_Kind::stream);
    const auto connected = os::connect(socket->get(), where);
    if (!connected && connected.error() == std::errc::connection_refused) return;
    CPPUNIT_ASSERT(os::pending_error(socket->get()) == std::errc::connection_refused);
  }

  static void expect_still(Rig& rig) {
    const std::uint64_t before = rig.turns();
    rig.run_for(1s);
    CPPUNIT_ASSERT(rig.turns() - before <= 2);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Acceptor_Test);

}  // namespace
