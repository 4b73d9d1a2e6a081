// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Asynch_Acceptor.h>

#include <deque>
#include <stdexcept>

#include <strata/os/Operations.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Asynch_Acceptor;
using strata::Completed;

class Unable final : public strata::Service_Handler {
 public:
  Unable() { throw std::runtime_error{"of the test"}; }
};

os::Unique_Handle connect_to(const os::Socket_Address& address) {
  auto client = os::open_socket(os::Family::ipv4, os::Socket_Kind::stream);
  CPPUNIT_ASSERT(client.has_value());
  (void)os::connect(client->get(), address);
  return std::move(*client);
}

class Asynch_Acceptor_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Asynch_Acceptor_Test);
  CPPUNIT_TEST(each_connection_gets_a_handler);
  CPPUNIT_TEST(a_handler_that_cannot_be_made_costs_its_connection);
  CPPUNIT_TEST(a_closed_one_accepts_no_more);
  CPPUNIT_TEST(an_address_in_use_is_an_error_with_its_name);
  CPPUNIT_TEST(without_descriptors_it_pauses_and_goes_on);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_connection_gets_a_handler() {
    on_each_engine([](Rig& rig) {
      const auto listening = Asynch_Acceptor<Echo>::listen(*rig.proactor, any());
      CPPUNIT_ASSERT(listening.has_value());
      std::deque<os::Unique_Handle> clients;
      for (int i = 0; i < 20; ++i) clients.push_back(connect_to(listening->address));
      rig.until([&] { return rig.reactor->size() == 21; });
      for (const os::Unique_Handle& client : clients) {
        rig.until([&] { return os::send(client.get(), strata::as_bytes("hello")).has_value(); });
        std::array<std::byte, 16> room;
        std::size_t got = 0;
        rig.until([&] { return (got += os::receive(client.get(), room).value_or(0)) == 5; });
      }
    });
  }

  void a_handler_that_cannot_be_made_costs_its_connection() {
    on_each_engine([](Rig& rig) {
      const auto listening = Asynch_Acceptor<Unable>::listen(*rig.proactor, any());
      for (int i = 0; i < 3; ++i) {
        const os::Unique_Handle client = connect_to(listening->address);
        rig.until([&] {
          std::array<std::byte, 16> room;
          const auto got = os::receive(client.get(), room);
          return got ? *got == 0 : got.error() == std::errc::connection_reset;
        });
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.reactor->size());
    });
  }

  void a_closed_one_accepts_no_more() {
    on_each_engine([](Rig& rig) {
      const auto listening = Asynch_Acceptor<Echo>::listen(*rig.proactor, any());
      for (int i = 0; i < 8; ++i) rig.turn();
      CPPUNIT_ASSERT(rig.reactor->close(listening->acceptor, {}).has_value());
      rig.until([&] { return rig.reactor->size() == 0; });
    });
  }

  void an_address_in_use_is_an_error_with_its_name() {
    on_each_engine([](Rig& rig) {
      const auto first = Asynch_Acceptor<Echo>::listen(*rig.proactor, any());
      const auto second = Asynch_Acceptor<Echo>::listen(*rig.proactor, first->address);
      CPPUNIT_ASSERT(!second && second.error().code == std::errc::address_in_use);
      CPPUNIT_ASSERT(second.error().what.starts_with("bind 127.0.0.1:"));
    });
  }

  /// Where accepts are calls of the seam.
  void without_descriptors_it_pauses_and_goes_on() {
    on_each_engine([](Rig& rig) {
      if (rig.backend.completes()) return;
      static int failures;
      static os::Raw (*below)(os::Handle, os::Socket_Address*);
      failures = 3;
      os::Operations table = os::operations();
      below = table.accept;
      table.accept = [](os::Handle listener, os::Socket_Address* peer) -> os::Raw {
        if (failures == 0) return below(listener, peer);
        --failures;
        return -static_cast<os::Raw>(std::errc::too_many_files_open);
      };
      const os::Operations_Scope scope{table};
      const auto listening = Asynch_Acceptor<Echo>::listen(*rig.proactor, any());
      const os::Unique_Handle client = connect_to(listening->address);
      CPPUNIT_ASSERT(rig.reactor->run_for(200ms).has_value());
      CPPUNIT_ASSERT_EQUAL(0, failures);
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig.reactor->size());
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Asynch_Acceptor_Test);

}  // namespace
