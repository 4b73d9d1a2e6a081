// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Datagram.h>

#include <array>
#include <vector>

#include <strata/os/Socket.h>

#include "Fault_Table.h"
#include "Loopback.h"

namespace {

namespace os = strata::os;
using namespace strata_test;

class Datagram_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Datagram_Test);
  CPPUNIT_TEST(more_than_a_batch_is_cut_to_one);
  CPPUNIT_TEST(an_error_of_the_system_is_told);
  CPPUNIT_TEST(a_local_datagram_socket_has_no_address_to_answer);
  CPPUNIT_TEST(without_a_peer_there_is_no_destination);
  CPPUNIT_TEST_SUITE_END();

  os::Unique_Handle bound() {
    os::Unique_Handle socket = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::datagram));
    CPPUNIT_ASSERT(os::bind(socket.get(), loopback()));
    return socket;
  }

 public:
  void more_than_a_batch_is_cut_to_one() {
    const os::Unique_Handle socket = bound();
    const os::Socket_Address self = value_of(os::local_address(socket.get()));
    const std::vector<os::Datagram_Out> out(os::max_datagrams + 5, {strata::as_bytes("x"), self});
    CPPUNIT_ASSERT_EQUAL(os::max_datagrams, value_of(os::send_datagrams(socket.get(), out)));
    std::array<std::byte, os::max_datagrams + 5> room;
    std::vector<os::Datagram_In> slots(room.size());
    for (std::size_t i = 0; i < slots.size(); ++i) slots[i].buffer = {&room[i], 1};
    CPPUNIT_ASSERT_EQUAL(os::max_datagrams, value_of(os::receive_datagrams(socket.get(), slots)));
  }

  void an_error_of_the_system_is_told() {
    const os::Unique_Handle socket = bound();
    Fault_Table faults;
    faults.fail<&os::Operations::receive_datagrams>(std::errc::connection_refused, 1);
    faults.fail<&os::Operations::send_datagrams>(std::errc::no_buffer_space, 1);
    os::Datagram_In slot{};
    CPPUNIT_ASSERT(os::receive_datagrams(socket.get(), {&slot, 1}).error() == std::errc::connection_refused);
    const os::Datagram_Out out{};
    CPPUNIT_ASSERT(os::send_datagrams(socket.get(), {&out, 1}).error() == std::errc::no_buffer_space);
  }

  void a_local_datagram_socket_has_no_address_to_answer() {
    const auto path = value_of(os::Socket_Address::local(std::string_view{"\0strata-datagram-test", 21}));
    const auto server = value_of(os::open_socket(os::Family::local, os::Socket_Kind::datagram));
    const auto client = value_of(os::open_socket(os::Family::local, os::Socket_Kind::datagram));
    CPPUNIT_ASSERT(os::bind(server.get(), path));
    const os::Datagram_Out out{strata::as_bytes("x"), path};
    CPPUNIT_ASSERT(os::send_datagrams(client.get(), {&out, 1}));
    std::byte room[4];
    os::Datagram_In slot{room};
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, value_of(os::receive_datagrams(server.get(), {&slot, 1})));
    CPPUNIT_ASSERT(slot.peer.path().empty());
  }

  void without_a_peer_there_is_no_destination() {
    const os::Unique_Handle socket = bound();
    const os::Datagram_Out out{strata::as_bytes("x")};
    CPPUNIT_ASSERT(os::send_datagrams(socket.get(), {&out, 1}).error() == std::errc::destination_address_required);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Datagram_Test);
