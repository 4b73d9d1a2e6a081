// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/SOCK_Dgram.h>

#include <array>
#include <string>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Operations.h>
#include <strata/wrappers/Address_Text.h>
#include <strata_test/Descriptor_Guard.h>

#include "Loopback.h"

using namespace strata;

namespace {

os::Raw deny(os::Handle, const os::Socket_Address&) { return -static_cast<os::Raw>(std::errc::permission_denied); }

class SOCK_Dgram_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SOCK_Dgram_Test);
  CPPUNIT_TEST(a_datagram_comes_whole_with_its_peer);
  CPPUNIT_TEST(a_batch_goes_and_comes_in_one_call);
  CPPUNIT_TEST(nothing_there_would_block);
  CPPUNIT_TEST(what_does_not_fit_is_cut_and_told);
  CPPUNIT_TEST(the_largest_datagram_passes_and_a_larger_one_is_refused);
  CPPUNIT_TEST(an_empty_datagram_is_one);
  CPPUNIT_TEST(a_closed_peer_is_told_once_and_the_socket_lives);
  CPPUNIT_TEST(members_of_a_group_get_what_is_sent_to_it);
  CPPUNIT_TEST(a_group_must_be_a_multicast_address);
  CPPUNIT_TEST(options_reach_the_socket);
  CPPUNIT_TEST(errors_name_the_call_and_the_address);
  CPPUNIT_TEST_SUITE_END();

  strata_test::Descriptor_Guard descriptors_;

  struct Room {
    std::vector<std::byte> bytes = std::vector<std::byte>(65'536);
    os::Datagram_In slot{bytes};
    std::string text() const { return std::string{as_text(Const_Bytes{bytes}.first(slot.size))}; }
  };

  static SOCK_Dgram open() { return SOCK_Dgram::open(loopback()).value(); }
  static os::Socket_Address address_of(const SOCK_Dgram& socket) { return socket.local_address().value(); }
  static Room receive(SOCK_Dgram& socket, std::size_t room = 65'536) {
    wait_ready(socket.handle(), os::Interest::input);
    Room came;
    came.slot.buffer = Bytes{came.bytes}.first(room);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, socket.receive({&came.slot, 1}).value());
    return came;
  }

 public:
  void tearDown() override { descriptors_.check(); }

  void a_datagram_comes_whole_with_its_peer() {
    SOCK_Dgram server = open(), client = open();
    CPPUNIT_ASSERT(client.send(as_bytes("hello"), address_of(server)));
    const Room came = receive(server);
    CPPUNIT_ASSERT_EQUAL(std::string{"hello"}, came.text());
    CPPUNIT_ASSERT(came.slot.peer == address_of(client));
    CPPUNIT_ASSERT(!came.slot.truncated);
  }

  void a_batch_goes_and_comes_in_one_call() {
    SOCK_Dgram server = open(), client = open();
    std::vector<os::Datagram_Out> all;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i <= os::max_datagrams; ++i) texts.push_back("number " + std::to_string(i));
    for (const std::string& text : texts) all.push_back({as_bytes(text), address_of(server)});
    CPPUNIT_ASSERT_EQUAL(os::max_datagrams, client.send(all).value());
    wait_ready(server.handle(), os::Interest::input);
    std::array<std::array<std::byte, 32>, os::max_datagrams> rooms;
    std::array<os::Datagram_In, os::max_datagrams> slots;
    for (std::size_t i = 0; i < slots.size(); ++i) slots[i].buffer = rooms[i];
    CPPUNIT_ASSERT_EQUAL(os::max_datagrams, server.receive(slots).value());
    for (std::size_t i = 0; i < slots.size(); ++i) {
      CPPUNIT_ASSERT_EQUAL(texts[i], std::string{as_text(Const_Bytes{rooms[i]}.first(slots[i].size))});
    }
  }

  void nothing_there_would_block() {
    SOCK_Dgram socket = open();
    Room room;
    CPPUNIT_ASSERT(socket.receive({&room.slot, 1}).error() == std::errc::operation_would_block);
  }

  void what_does_not_fit_is_cut_and_told() {
    SOCK_Dgram server = open(), client = open();
    CPPUNIT_ASSERT(client.send(as_bytes("too long"), address_of(server)));
    const Room came = receive(server, 3);
    CPPUNIT_ASSERT_EQUAL(std::string{"too"}, came.text());
    CPPUNIT_ASSERT(came.slot.truncated);
    CPPUNIT_ASSERT(client.send(as_bytes("next"), address_of(server)));
    CPPUNIT_ASSERT_EQUAL(std::string{"next"}, receive(server).text());
  }

  void the_largest_datagram_passes_and_a_larger_one_is_refused() {
    SOCK_Dgram server = open(), client = open();
    const std::string largest(os::max_datagram, 'x');
    CPPUNIT_ASSERT(client.send(as_bytes(largest), address_of(server)));
    CPPUNIT_ASSERT_EQUAL(largest.size(), receive(server).text().size());
    CPPUNIT_ASSERT(client.send(as_bytes(largest + 'x'), address_of(server)).error() == std::errc::message_size);
  }

  void an_empty_datagram_is_one() {
    SOCK_Dgram server = open(), client = open();
    CPPUNIT_ASSERT(client.send({}, address_of(server)));
    CPPUNIT_ASSERT_EQUAL(std::string{}, receive(server).text());
  }

  void a_closed_peer_is_told_once_and_the_socket_lives() {
    SOCK_Dgram client = open(), server = open();
    const os::Socket_Address gone = address_of(server);
    CPPUNIT_ASSERT(client.connect(gone));
    server.close();
    const os::Datagram_Out question{as_bytes("?")};
    CPPUNIT_ASSERT(client.send({&question, 1}));
    wait_ready(client.handle(), os::Interest::input);
    Room room;
    CPPUNIT_ASSERT(client.receive({&room.slot, 1}).error() == std::errc::connection_refused);
    server = SOCK_Dgram::open(gone).value();
    CPPUNIT_ASSERT(client.send({&question, 1}));
    CPPUNIT_ASSERT_EQUAL(std::string{"?"}, receive(server).text());
  }

  void members_of_a_group_get_what_is_sent_to_it() {
    const os::Socket_Address group = INET_Addr::parse("239.255.77.1", 0)->native();
    SOCK_Dgram first = SOCK_Dgram::open(group, {.reuse_address = true}).value();
    os::Socket_Address to = group;
    to.set_port(address_of(first).port());
    SOCK_Dgram second = SOCK_Dgram::open(to, {.reuse_address = true}).value();
    constexpr std::uint32_t loopback_interface = 1;
    CPPUNIT_ASSERT(first.join(group, loopback_interface));
    CPPUNIT_ASSERT(second.join(group, loopback_interface));
    SOCK_Dgram sender = SOCK_Dgram::open(loopback()).value();
    CPPUNIT_ASSERT(sender.set_multicast_hops(0));
    CPPUNIT_ASSERT(sender.set_multicast_loop(true));
    CPPUNIT_ASSERT(sender.send(as_bytes("all"), to));
    CPPUNIT_ASSERT_EQUAL(std::string{"all"}, receive(first).text());
    CPPUNIT_ASSERT_EQUAL(std::string{"all"}, receive(second).text());
    CPPUNIT_ASSERT(second.leave(group, loopback_interface));
    CPPUNIT_ASSERT(!second.leave(group, loopback_interface));
  }

  void a_group_must_be_a_multicast_address() {
    SOCK_Dgram socket = open();
    CPPUNIT_ASSERT(socket.join(loopback()).error() == std::errc::invalid_argument);
    CPPUNIT_ASSERT(socket.join({}).error() == std::errc::address_family_not_supported);
  }

  void options_reach_the_socket() {
    const Dgram_Options all{.reuse_address = true, .reuse_port = true, .broadcast = true, .receive_buffer = 65'536};
    const SOCK_Dgram socket = SOCK_Dgram::open(loopback(), all).value();
    const auto option = [&](os::Socket_Option which) { return os::get_option(socket.handle(), which).value(); };
    CPPUNIT_ASSERT(option(os::Socket_Option::reuse_address) != 0);
    CPPUNIT_ASSERT(option(os::Socket_Option::reuse_port) != 0);
    CPPUNIT_ASSERT(option(os::Socket_Option::broadcast) != 0);
    CPPUNIT_ASSERT(option(os::Socket_Option::receive_buffer) >= 65'536);
    CPPUNIT_ASSERT_EQUAL(1, option(os::Socket_Option::datagrams));
    CPPUNIT_ASSERT_EQUAL(0, option(os::Socket_Option::accepting));
  }

  void errors_name_the_call_and_the_address() {
    os::Operations table = os::native_operations();
    table.bind = &deny;
    const os::Operations_Scope scope{table};
    const auto refused = SOCK_Dgram::open(INET_Addr::parse("0.0.0.0:53")->native());
    CPPUNIT_ASSERT_EQUAL(std::string{"bind 0.0.0.0:53: Permission denied"}, refused.error().what);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(SOCK_Dgram_Test);
