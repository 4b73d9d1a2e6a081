// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/SOCK_Stream.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Operations.h>
#include <strata/wrappers/Message_Block.h>

#include "Block_Text.h"
#include "Loopback.h"

using namespace strata;

namespace {

/// Takes at most three bytes of the first part: the shortest of short writes.
os::Raw send_little(os::Handle handle, const Const_Bytes* parts, std::size_t) {
  return os::native_operations().send(handle, parts[0].data(), std::min<std::size_t>(parts[0].size(), 3));
}

os::Raw reset(os::Handle, std::byte*, std::size_t) { return -static_cast<os::Raw>(std::errc::connection_reset); }

}  // namespace

class SOCK_Stream_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SOCK_Stream_Test);
  CPPUNIT_TEST(bytes_cross_in_order);
  CPPUNIT_TEST(gathered_parts_arrive_as_one_stream);
  CPPUNIT_TEST(queue_of_blocks_is_sent_over_short_writes);
  CPPUNIT_TEST(nothing_to_receive_would_block);
  CPPUNIT_TEST(full_peer_would_block);
  CPPUNIT_TEST(half_close_is_seen_after_the_bytes_before_it);
  CPPUNIT_TEST(abort_resets_the_peer);
  CPPUNIT_TEST(send_to_a_dead_peer_is_an_error_not_a_signal);
  CPPUNIT_TEST(error_of_the_system_is_passed_on);
  CPPUNIT_TEST(options_reach_the_socket);
  CPPUNIT_TEST(addresses_of_both_ends_agree);
  CPPUNIT_TEST(released_socket_stays_open);
  CPPUNIT_TEST(stream_that_is_none_fails);
  CPPUNIT_TEST_SUITE_END();

  Connection pair_;

  static std::string receive_text(SOCK_Stream& from, std::size_t size) {
    std::string text;
    std::array<std::byte, 65536> buffer;
    while (text.size() < size) {
      wait_ready(from.handle(), os::Interest::input);
      const std::size_t got = from.receive(buffer).value();
      CPPUNIT_ASSERT_MESSAGE("the stream ended early", got > 0);
      text += as_text(Const_Bytes(buffer).first(got));
    }
    return text;
  }

  void fill_the_peer() {
    const std::string lot(1 << 20, 'x');
    for (int i = 0; i < 1000; ++i) {
      if (const auto sent = pair_.client.send(as_bytes(lot)); !sent) {
        CPPUNIT_ASSERT(sent.error() == std::errc::operation_would_block);
        return;
      }
    }
    CPPUNIT_FAIL("the peer's window has no end");
  }

 public:
  void setUp() override { pair_ = connect_pair(); }
  void tearDown() override { pair_ = {}; }

  void bytes_cross_in_order() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, pair_.client.send(as_bytes("hello")).value());
    CPPUNIT_ASSERT_EQUAL(std::string("hello"), receive_text(pair_.server, 5));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, pair_.server.send(as_bytes("ok")).value());
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), receive_text(pair_.client, 2));
  }

  void gathered_parts_arrive_as_one_stream() {
    const std::vector<Const_Bytes> parts{as_bytes("a"), as_bytes(""), as_bytes("bcd")};
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, pair_.client.send(parts).value());
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), receive_text(pair_.server, 4));
  }

  void queue_of_blocks_is_sent_over_short_writes() {
    os::Operations table = os::native_operations();
    table.send_gathered = &send_little;
    const os::Operations_Scope scope(table);
    Message_Block queue;
    std::string expected;
    for (int i = 0; i < 200; ++i) {
      expected += std::to_string(i * 1001);
      CPPUNIT_ASSERT(queue.cont(block_of(std::to_string(i * 1001))));
    }
    std::array<Const_Bytes, os::max_gather> parts;
    while (!queue.empty()) {
      const std::size_t count = queue.gather(parts);
      CPPUNIT_ASSERT(queue.consume(pair_.client.send(std::span(parts).first(count)).value()));
    }
    CPPUNIT_ASSERT_EQUAL(expected, receive_text(pair_.server, expected.size()));
  }

  void nothing_to_receive_would_block() {
    std::array<std::byte, 8> buffer;
    CPPUNIT_ASSERT(pair_.client.receive(buffer).error() == std::errc::operation_would_block);
  }

  void full_peer_would_block() {
    CPPUNIT_ASSERT(pair_.client.set_send_buffer(4096) && pair_.server.set_receive_buffer(4096));
    fill_the_peer();
  }

  void half_close_is_seen_after_the_bytes_before_it() {
    CPPUNIT_ASSERT(pair_.client.send(as_bytes("last")));
    CPPUNIT_ASSERT(pair_.client.shutdown(os::Shutdown::send));
    CPPUNIT_ASSERT_EQUAL(std::string("last"), receive_text(pair_.server, 4));
    wait_ready(pair_.server.handle(), os::Interest::input);
    std::array<std::byte, 8> buffer;
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pair_.server.receive(buffer).value());
    CPPUNIT_ASSERT(pair_.server.send(as_bytes("reply")));
    CPPUNIT_ASSERT_EQUAL(std::string("reply"), receive_text(pair_.client, 5));
  }

  void abort_resets_the_peer() {
    pair_.client.abort();
    CPPUNIT_ASSERT(!pair_.client);
    CPPUNIT_ASSERT(wait_ready(pair_.server.handle(), os::Interest::input) & os::Ready::error);
    CPPUNIT_ASSERT(pair_.server.pending_error() == std::errc::connection_reset);
    CPPUNIT_ASSERT(!pair_.server.pending_error());
  }

  void send_to_a_dead_peer_is_an_error_not_a_signal() {
    CPPUNIT_ASSERT(pair_.server.shutdown(os::Shutdown::send));
    CPPUNIT_ASSERT(pair_.server.send(as_bytes("x")).error() == std::errc::broken_pipe);
    const std::vector<Const_Bytes> parts{as_bytes("x"), as_bytes("y")};
    CPPUNIT_ASSERT(pair_.server.send(parts).error() == std::errc::broken_pipe);
  }

  void error_of_the_system_is_passed_on() {
    os::Operations table = os::native_operations();
    table.receive = &reset;
    const os::Operations_Scope scope(table);
    std::array<std::byte, 8> buffer;
    CPPUNIT_ASSERT(pair_.client.receive(buffer).error() == std::errc::connection_reset);
  }

  void options_reach_the_socket() {
    using Option = os::Socket_Option;
    const auto value = [this](Option option) { return os::get_option(pair_.client.handle(), option).value(); };
    for (const bool on : {true, false}) {
      CPPUNIT_ASSERT(pair_.client.set_no_delay(on) && pair_.client.set_keep_alive(on));
      CPPUNIT_ASSERT_EQUAL(on, value(Option::no_delay) != 0);
      CPPUNIT_ASSERT_EQUAL(on, value(Option::keep_alive) != 0);
    }
    CPPUNIT_ASSERT(pair_.client.set_send_buffer(20000) && pair_.client.set_receive_buffer(30000));
    CPPUNIT_ASSERT(value(Option::send_buffer) >= 20000);  // the kernel doubles them: socket(7)
    CPPUNIT_ASSERT(value(Option::receive_buffer) >= 30000);
  }

  void addresses_of_both_ends_agree() {
    CPPUNIT_ASSERT(pair_.client.local_address().value() == pair_.server.peer_address().value());
    CPPUNIT_ASSERT(pair_.client.peer_address().value() == pair_.server.local_address().value());
    CPPUNIT_ASSERT(INET_Addr::from(pair_.server.peer_address().value())->is_loopback());
  }

  void released_socket_stays_open() {
    os::Unique_Handle handle = pair_.client.release();
    CPPUNIT_ASSERT(!pair_.client && handle);
    SOCK_Stream again(std::move(handle));
    CPPUNIT_ASSERT(again.send(as_bytes("a")));
    CPPUNIT_ASSERT_EQUAL(std::string("a"), receive_text(pair_.server, 1));
  }

  void stream_that_is_none_fails() {
    SOCK_Stream none;
    CPPUNIT_ASSERT(!none && none.send(as_bytes("a")).error() == std::errc::bad_file_descriptor);
    none.abort();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SOCK_Stream_Test);
