// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Socket.h>

#include <string>
#include <vector>

#include <strata/os/Process.h>

#include "Fault_Table.h"
#include "Loopback.h"

namespace {

namespace os = strata::os;
using namespace std::string_literals;
using namespace strata_test;
using os::Socket_Option;

class Socket_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Socket_Test);
  CPPUNIT_TEST(a_listener_on_port_0_has_a_real_port);
  CPPUNIT_TEST(both_ends_of_a_connection_know_each_other);
  CPPUNIT_TEST(accept_tells_the_peers_address);
  CPPUNIT_TEST(what_is_accepted_neither_blocks_nor_survives_exec);
  CPPUNIT_TEST(accept_without_a_peer_would_block);
  CPPUNIT_TEST(receive_without_data_would_block);
  CPPUNIT_TEST(a_shut_stream_reads_as_its_end);
  CPPUNIT_TEST(sending_to_a_closed_peer_is_an_error_and_no_signal);
  CPPUNIT_TEST(a_full_peer_takes_a_part_and_then_would_block);
  CPPUNIT_TEST(parts_arrive_as_one_stream_in_order);
  CPPUNIT_TEST(at_most_max_gather_parts_are_taken);
  CPPUNIT_TEST(a_refused_connection_leaves_its_error_once);
  CPPUNIT_TEST(a_taken_port_is_refused);
  CPPUNIT_TEST(options_that_are_set_can_be_read);
  CPPUNIT_TEST(options_of_the_listener_pass_to_what_it_accepts);
  CPPUNIT_TEST(a_pending_error_cannot_be_set_nor_linger_read);
  CPPUNIT_TEST(linger_0_resets_the_peer);
  CPPUNIT_TEST(an_abstract_socket_connects_by_name);
  CPPUNIT_TEST(a_datagram_keeps_its_borders);
  CPPUNIT_TEST(no_socket_has_an_unspecified_family);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_listener_on_port_0_has_a_real_port() {
    CPPUNIT_ASSERT(listen_on(loopback()).address.port() != 0);
  }

  void both_ends_of_a_connection_know_each_other() {
    const auto [client, server] = connected_over(listen_on(loopback()));
    CPPUNIT_ASSERT(value_of(os::local_address(client.get())) == value_of(os::peer_address(server.get())));
    CPPUNIT_ASSERT(value_of(os::peer_address(client.get())) == value_of(os::local_address(server.get())));
  }

  void accept_tells_the_peers_address() {
    const Listener listener = listen_on(loopback());
    const auto client = connect_to(listener.address);
    await(listener.handle.get(), os::Interest::input);
    os::Socket_Address peer;
    value_of(os::accept(listener.handle.get(), &peer));
    CPPUNIT_ASSERT(peer == value_of(os::local_address(client.get())));
  }

  void what_is_accepted_neither_blocks_nor_survives_exec() {
    const auto [client, server] = connected_over(listen_on(loopback()));
    CPPUNIT_ASSERT(is_non_blocking(server.get()));
    CPPUNIT_ASSERT(closes_on_exec(server.get()));
  }

  void accept_without_a_peer_would_block() {
    expect_error(std::errc::operation_would_block, os::accept(listen_on(loopback()).handle.get()));
  }

  void receive_without_data_would_block() {
    const auto [near, far] = value_of(os::socket_pair());
    std::byte room[8];
    expect_error(std::errc::operation_would_block, os::receive(near.get(), room));
  }

  void a_shut_stream_reads_as_its_end() {
    const auto [near, far] = value_of(os::socket_pair());
    send_text(far.get(), "last");
    expect_done(os::shutdown(far.get(), os::Shutdown::send));
    CPPUNIT_ASSERT_EQUAL("last"s, receive_text(near.get(), 4));
    std::byte room[8];
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(os::receive(near.get(), room)));
  }

  void sending_to_a_closed_peer_is_an_error_and_no_signal() {
    auto [near, far] = value_of(os::socket_pair());
    far.reset();
    expect_error(std::errc::broken_pipe, os::send(near.get(), strata::as_bytes("x")));
    const strata::Const_Bytes part = strata::as_bytes("x");
    expect_error(std::errc::broken_pipe, os::send(near.get(), std::span{&part, 1}));
  }

  void a_full_peer_takes_a_part_and_then_would_block() {
    const auto [near, far] = value_of(os::socket_pair());
    const std::string much(8 << 20, 'x');
    CPPUNIT_ASSERT(value_of(os::send(near.get(), strata::as_bytes(much))) < much.size());
    expect_error(std::errc::operation_would_block, os::send(near.get(), strata::as_bytes(much)));
  }

  void parts_arrive_as_one_stream_in_order() {
    const auto [near, far] = value_of(os::socket_pair());
    const strata::Const_Bytes parts[] = {strata::as_bytes("one "), {}, strata::as_bytes("two "),
                                         strata::as_bytes("three")};
    CPPUNIT_ASSERT_EQUAL(std::size_t{13}, value_of(os::send(near.get(), parts)));
    CPPUNIT_ASSERT_EQUAL("one two three"s, receive_text(far.get(), 13));
  }

  void at_most_max_gather_parts_are_taken() {
    const auto [near, far] = value_of(os::socket_pair());
    const std::vector<strata::Const_Bytes> parts(os::max_gather + 1, strata::as_bytes("x"));
    CPPUNIT_ASSERT_EQUAL(os::max_gather, value_of(os::send(near.get(), parts)));
  }

  void a_refused_connection_leaves_its_error_once() {
    const auto refusing = listen_on(loopback()).address;  // closed again: nobody listens there
    const auto client = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
    const auto connected = os::connect(client.get(), refusing);
    if (connected || connected.error() != std::errc::operation_in_progress) {
      return expect_error(std::errc::connection_refused, connected);
    }
    await(client.get(), os::Interest::output);
    CPPUNIT_ASSERT(os::pending_error(client.get()) == std::errc::connection_refused);
    CPPUNIT_ASSERT(!os::pending_error(client.get()));
  }

  void a_taken_port_is_refused() {
    const Listener listener = listen_on(loopback());
    const auto second = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
    expect_error(std::errc::address_in_use, os::bind(second.get(), listener.address));
  }

  void options_that_are_set_can_be_read() {
    const auto socket = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
    for (const auto option : {Socket_Option::reuse_address, Socket_Option::reuse_port, Socket_Option::no_delay,
                              Socket_Option::keep_alive}) {
      CPPUNIT_ASSERT_EQUAL(0, value_of(os::get_option(socket.get(), option)));
      expect_done(os::set_option(socket.get(), option, 1));
      CPPUNIT_ASSERT_EQUAL(1, value_of(os::get_option(socket.get(), option)));
    }
    for (const auto option : {Socket_Option::send_buffer, Socket_Option::receive_buffer, Socket_Option::defer_accept}) {
      expect_done(os::set_option(socket.get(), option, 8192));
      CPPUNIT_ASSERT(value_of(os::get_option(socket.get(), option)) > 0);  // the kernel rounds: socket(7), tcp(7)
    }
  }

  void options_of_the_listener_pass_to_what_it_accepts() {
    const Listener listener = listen_on(loopback());
    expect_done(os::set_option(listener.handle.get(), Socket_Option::no_delay, 1));
    const auto [client, server] = connected_over(listener);
    CPPUNIT_ASSERT_EQUAL(1, value_of(os::get_option(server.get(), Socket_Option::no_delay)));
    CPPUNIT_ASSERT_EQUAL(0, value_of(os::get_option(client.get(), Socket_Option::no_delay)));
  }

  void a_pending_error_cannot_be_set_nor_linger_read() {
    const auto socket = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
    expect_error(std::errc::no_protocol_option, os::set_option(socket.get(), Socket_Option::pending_error, 1));
    expect_error(std::errc::no_protocol_option, os::get_option(socket.get(), Socket_Option::linger));
    CPPUNIT_ASSERT(os::pending_error(os::Handle{}) == std::errc::bad_file_descriptor);
  }

  void linger_0_resets_the_peer() {
    auto [client, server] = connected_over(listen_on(loopback()));
    expect_done(os::set_option(server.get(), Socket_Option::linger, 0));
    server.reset();
    await(client.get(), os::Interest::input);
    std::byte room[8];
    expect_error(std::errc::connection_reset, os::receive(client.get(), room));
  }

  void an_abstract_socket_connects_by_name() {
    const auto name = "\0strata-socket-test-"s + std::to_string(os::process_id());
    const Listener listener = listen_on(value_of(os::Socket_Address::local(name)));
    const auto [client, server] = connected_over(listener);
    CPPUNIT_ASSERT_EQUAL(name, std::string{value_of(os::peer_address(client.get())).path()});
    CPPUNIT_ASSERT(value_of(os::peer_address(server.get())).path().empty());
    send_text(client.get(), "hello");
    CPPUNIT_ASSERT_EQUAL("hello"s, receive_text(server.get(), 5));
  }

  void a_datagram_keeps_its_borders() {
    const auto near = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::datagram));
    const auto far = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::datagram));
    expect_done(os::bind(near.get(), loopback()));
    expect_done(os::connect(far.get(), value_of(os::local_address(near.get()))));
    for (const std::string_view text : {"first", "second"}) send_text(far.get(), text);
    await(near.get(), os::Interest::input);
    std::byte room[64];
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, value_of(os::receive(near.get(), room)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, value_of(os::receive(near.get(), room)));
  }

  void no_socket_has_an_unspecified_family() {
    expect_error(std::errc::address_family_not_supported,
                 os::open_socket(os::Family::unspecified, os::Socket_Kind::stream));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Socket_Test);

}  // namespace
