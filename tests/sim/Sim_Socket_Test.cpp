// SPDX-License-Identifier: Apache-2.0
// The simulator's sockets against the kernel's: each body runs over both and expects the same of them.
#include "Both_Worlds.h"

namespace strata_test {
namespace {

using strata::os::Shutdown;
using strata::os::Socket_Option;

constexpr unsigned input = Ready::input, output = Ready::output, broken = Ready::error, hangup = Ready::hangup,
                   read_end = Ready::read_end;
constexpr unsigned everything = input | output | broken | hangup | read_end;

}  // namespace

class Sim_Socket_Test : public Both_Worlds {
  CPPUNIT_TEST_SUITE(Sim_Socket_Test);
  CPPUNIT_TEST(a_fresh_socket_is_writable_and_hung_up);
  CPPUNIT_TEST(a_fresh_socket_neither_reads_nor_writes);
  CPPUNIT_TEST(bytes_arrive_in_order_and_once);
  CPPUNIT_TEST(the_end_comes_after_the_bytes);
  CPPUNIT_TEST(a_half_closed_peer_still_hears);
  CPPUNIT_TEST(both_ends_shut_is_a_hangup);
  CPPUNIT_TEST(writing_after_shutdown_is_a_broken_pipe);
  CPPUNIT_TEST(shut_receiving_reads_the_end);
  CPPUNIT_TEST(closing_with_unread_bytes_resets);
  CPPUNIT_TEST(bytes_that_came_before_a_reset_stay_readable);
  CPPUNIT_TEST(writing_to_a_closed_peer_breaks_the_pipe);
  CPPUNIT_TEST(lingering_for_nothing_resets);
  CPPUNIT_TEST(an_error_is_told_once);
  CPPUNIT_TEST(connect_is_in_progress_then_writable);
  CPPUNIT_TEST(connect_to_nobody_is_refused_once);
  CPPUNIT_TEST(a_second_connect_is_refused_by_name);
  CPPUNIT_TEST(full_buffers_block_until_they_are_read);
  CPPUNIT_TEST(an_empty_listener_would_block);
  CPPUNIT_TEST(closing_a_listener_resets_those_who_wait);
  CPPUNIT_TEST(a_deferring_listener_waits_for_bytes);
  CPPUNIT_TEST(a_port_has_one_listener);
  CPPUNIT_TEST(who_has_a_port_alone_may_let_others_in);
  CPPUNIT_TEST(both_ends_know_each_other);
  CPPUNIT_TEST(no_delay_is_inherited);
  CPPUNIT_TEST(a_unix_name_without_listener_refuses);
  CPPUNIT_TEST(unix_bytes_and_end_arrive);
  CPPUNIT_TEST(a_unix_peer_that_closes_hangs_up);
  CPPUNIT_TEST(a_unix_peer_that_closes_with_unread_bytes_resets);
  CPPUNIT_TEST(unix_buffers_block_until_they_are_read);
  CPPUNIT_TEST(a_socket_pair_talks);
  CPPUNIT_TEST(a_gathered_write_is_one_stream);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_fresh_socket_is_writable_and_hung_up() {
    in_both([&] { expect_ready(socket().get(), output | hangup); });
  }

  void a_fresh_socket_neither_reads_nor_writes() {
    in_both([&] {
      const Unique_Handle tcp = socket(), local = socket(Transport::unix_path);
      expect_hear(tcp.get(), std::errc::not_connected);
      expect_say(tcp.get(), std::errc::broken_pipe);
      expect_hear(local.get(), std::errc::invalid_argument);
      expect_say(local.get(), std::errc::not_connected);
      expect("shutdown", strata::os::shutdown(tcp.get(), Shutdown::send), std::errc::not_connected);
    });
  }

  void bytes_arrive_in_order_and_once() {
    in_both([&] {
      const Peers peers = connected();
      expect_ready(peers.second.get(), output);
      expect_hear(peers.second.get(), std::errc::operation_would_block);
      say(peers.first.get(), "one ");
      say(peers.first.get(), "two");
      expect_ready(peers.second.get(), input | output);
      expect_hear(peers.second.get(), "one two");
      expect_hear(peers.second.get(), std::errc::operation_would_block);
    });
  }

  void the_end_comes_after_the_bytes() {
    in_both([&] {
      const Peers peers = connected();
      say(peers.first.get(), "last");
      expect("shutdown", strata::os::shutdown(peers.first.get(), Shutdown::send));
      expect_ready(peers.second.get(), input | output | read_end);
      expect_hear(peers.second.get(), "last");
      expect_hear(peers.second.get(), "");
      expect_hear(peers.second.get(), "");
    });
  }

  void a_half_closed_peer_still_hears() {
    in_both([&] {
      const Peers peers = connected();
      expect("shutdown", strata::os::shutdown(peers.first.get(), Shutdown::send));
      expect_ready(peers.second.get(), input | output | read_end);
      say(peers.second.get(), "reply");
      expect_ready(peers.first.get(), input | output);
      expect_hear(peers.first.get(), "reply");
    });
  }

  void both_ends_shut_is_a_hangup() {
    in_both([&] {
      const Peers peers = connected();
      expect("shutdown", strata::os::shutdown(peers.first.get(), Shutdown::send));
      expect("shutdown", strata::os::shutdown(peers.second.get(), Shutdown::send));
      expect_ready(peers.second.get(), input | output | hangup | read_end);
      expect_ready(peers.first.get(), input | output | hangup | read_end);
    });
  }

  void writing_after_shutdown_is_a_broken_pipe() {
    in_both([&] {
      const Peers peers = connected();
      expect("shutdown", strata::os::shutdown(peers.first.get(), Shutdown::send));
      expect_say(peers.first.get(), std::errc::broken_pipe);
      expect("again", strata::os::shutdown(peers.first.get(), Shutdown::send));
    });
  }

  void shut_receiving_reads_the_end() {
    in_both([&] {
      const Peers peers = connected();
      expect("shutdown", strata::os::shutdown(peers.first.get(), Shutdown::receive));
      expect_ready(peers.first.get(), input | output | read_end);
      expect_hear(peers.first.get(), "");
    });
  }

  void closing_with_unread_bytes_resets() {
    in_both([&] {
      Peers peers = connected();
      say(peers.first.get(), "unread");
      expect_ready(peers.second.get(), input | output);
      peers.second.reset();
      expect_ready(peers.first.get(), everything);
      expect_hear(peers.first.get(), std::errc::connection_reset);
      expect_hear(peers.first.get(), "");
      expect_say(peers.first.get(), std::errc::broken_pipe);
    });
  }

  void bytes_that_came_before_a_reset_stay_readable() {
    in_both([&] {
      Peers peers = connected();
      say(peers.first.get(), "unread");
      say(peers.second.get(), "goodbye");
      expect_ready(peers.second.get(), input | output);
      expect_ready(peers.first.get(), input | output);
      peers.second.reset();
      expect_ready(peers.first.get(), everything);
      expect_hear(peers.first.get(), "goodbye");
      expect_hear(peers.first.get(), std::errc::connection_reset);
    });
  }

  void writing_to_a_closed_peer_breaks_the_pipe() {
    in_both([&] {
      Peers peers = connected();
      peers.second.reset();
      expect_ready(peers.first.get(), input | output | read_end);
      say(peers.first.get(), "into the void");
      expect_ready(peers.first.get(), everything);
      expect_hear(peers.first.get(), "");
      expect_say(peers.first.get(), std::errc::broken_pipe);
    });
  }

  void lingering_for_nothing_resets() {
    in_both([&] {
      Peers peers = connected();
      expect("linger", strata::os::set_option(peers.second.get(), Socket_Option::linger, 0));
      peers.second.reset();
      expect_ready(peers.first.get(), everything);
      expect_say(peers.first.get(), std::errc::connection_reset);
      expect_say(peers.first.get(), std::errc::broken_pipe);
    });
  }

  void an_error_is_told_once() {
    in_both([&] {
      Peers peers = connected();
      expect("linger", strata::os::set_option(peers.second.get(), Socket_Option::linger, 0));
      peers.second.reset();
      expect_ready(peers.first.get(), everything);
      CPPUNIT_ASSERT(strata::os::pending_error(peers.first.get()) == std::errc::connection_reset);
      CPPUNIT_ASSERT(!strata::os::pending_error(peers.first.get()));
      expect_ready(peers.first.get(), input | output | hangup | read_end);
      expect_hear(peers.first.get(), "");
    });
  }

  void connect_is_in_progress_then_writable() {
    in_both([&] {
      const Unique_Handle listener = listening(), client = socket();
      const auto to = got(strata::os::local_address(listener.get()));
      expect("connect", strata::os::connect(client.get(), to), std::errc::operation_in_progress);
      expect_ready(client.get(), output);
      CPPUNIT_ASSERT(!strata::os::pending_error(client.get()));
    });
  }

  void connect_to_nobody_is_refused_once() {
    in_both([&] {
      Unique_Handle listener = listening();
      const auto to = got(strata::os::local_address(listener.get()));
      listener.reset();
      const Unique_Handle client = socket();
      expect("connect", strata::os::connect(client.get(), to), std::errc::operation_in_progress);
      expect_ready(client.get(), everything);
      CPPUNIT_ASSERT(strata::os::pending_error(client.get()) == std::errc::connection_refused);
      CPPUNIT_ASSERT(!strata::os::pending_error(client.get()));
    });
  }

  void a_second_connect_is_refused_by_name() {
    in_both([&] {
      const Peers peers = connected();
      const auto to = got(strata::os::local_address(peers.listener.get()));
      const Unique_Handle fresh = socket();
      expect("listener connects", strata::os::connect(peers.listener.get(), to), std::errc::already_connected);
      expect("unix address", strata::os::connect(fresh.get(), unix_name()), std::errc::address_family_not_supported);
    });
  }

  void full_buffers_block_until_they_are_read() {
    in_both([&] {
      const Peers peers = connected();
      const std::size_t taken = fill(peers.first.get());
      CPPUNIT_ASSERT_MESSAGE(world_, taken > 0);
      expect_ready(peers.first.get(), 0);
      std::size_t heard = drain(peers.second.get());
      while (heard < taken) heard += drain(peers.second.get());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, taken, heard);
      expect_ready(peers.first.get(), output);
    });
  }

  void an_empty_listener_would_block() {
    in_both([&] {
      const Unique_Handle listener = listening();
      expect_ready(listener.get(), 0);
      expect("accept", strata::os::accept(listener.get()), std::errc::operation_would_block);
      expect("accept on none", strata::os::accept(socket().get()), std::errc::invalid_argument);
    });
  }

  void closing_a_listener_resets_those_who_wait() {
    in_both([&] {
      Unique_Handle listener = listening();
      const Unique_Handle client = connecting(listener.get());
      expect_ready(listener.get(), input);
      listener.reset();
      expect_ready(client.get(), everything);
      expect_hear(client.get(), std::errc::connection_reset);
    });
  }

  void a_deferring_listener_waits_for_bytes() {
    in_both([&] {
      const Unique_Handle listener = listening();
      expect("defer", strata::os::set_option(listener.get(), Socket_Option::defer_accept, 5));
      const Unique_Handle client = connecting(listener.get());
      expect_ready(client.get(), output);
      expect_ready(listener.get(), 0);
      say(client.get(), "first");
      expect_ready(listener.get(), input);
      expect_hear(got(strata::os::accept(listener.get())).get(), "first");
    });
  }

  void a_port_has_one_listener() {
    in_both([&] {
      const Unique_Handle listener = listening(), late = socket();
      expect("bind", strata::os::bind(late.get(), got(strata::os::local_address(listener.get()))),
             std::errc::address_in_use);
    });
  }

  void who_has_a_port_alone_may_let_others_in() {
    in_both([&] {
      const Unique_Handle first = socket(), plain = socket(), second = socket();
      expect("bind", strata::os::bind(first.get(), loopback()));
      const strata::os::Socket_Address address = got(strata::os::local_address(first.get()));
      expect("share", strata::os::set_option(second.get(), Socket_Option::reuse_port, 1));
      expect("too early", strata::os::bind(second.get(), address), std::errc::address_in_use);
      expect("share", strata::os::set_option(first.get(), Socket_Option::reuse_port, 1));
      expect("plain", strata::os::bind(plain.get(), address), std::errc::address_in_use);
      expect("second", strata::os::bind(second.get(), address));
    });
  }

  void both_ends_know_each_other() {
    in_both([&] {
      const Peers peers = connected();
      const Handle first = peers.first.get(), second = peers.second.get();
      CPPUNIT_ASSERT(got(strata::os::local_address(first)) == got(strata::os::peer_address(second)));
      CPPUNIT_ASSERT(got(strata::os::peer_address(first)) == got(strata::os::local_address(second)));
      expect("no peer", strata::os::peer_address(peers.listener.get()), std::errc::not_connected);
    });
  }

  void no_delay_is_inherited() {
    in_both([&] {
      const Unique_Handle listener = listening();
      expect("no_delay", strata::os::set_option(listener.get(), Socket_Option::no_delay, 1));
      const Unique_Handle client = connecting(listener.get());
      expect_ready(listener.get(), input);
      const Unique_Handle accepted = got(strata::os::accept(listener.get()));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, 1, got(strata::os::get_option(accepted.get(), Socket_Option::no_delay)));
    });
  }

  void a_unix_name_without_listener_refuses() {
    in_both([&] {
      const Unique_Handle client = socket(Transport::unix_path);
      expect("name", strata::os::connect(client.get(), unix_name()), std::errc::connection_refused);
      const auto file = *strata::os::Socket_Address::local("/nowhere/at/all");
      expect("file", strata::os::connect(client.get(), file), std::errc::no_such_file_or_directory);
    });
  }

  void unix_bytes_and_end_arrive() {
    in_both([&] {
      const Peers peers = connected(Transport::unix_path);
      say(peers.first.get(), "last");
      expect("shutdown", strata::os::shutdown(peers.first.get(), Shutdown::send));
      expect_ready(peers.second.get(), input | output | read_end);
      expect_hear(peers.second.get(), "last");
      expect_hear(peers.second.get(), "");
    });
  }

  void a_unix_peer_that_closes_hangs_up() {
    in_both([&] {
      Peers peers = connected(Transport::unix_path);
      peers.second.reset();
      expect_ready(peers.first.get(), input | output | hangup | read_end);
      expect_hear(peers.first.get(), "");
      expect_say(peers.first.get(), std::errc::broken_pipe);
    });
  }

  void a_unix_peer_that_closes_with_unread_bytes_resets() {
    in_both([&] {
      Peers peers = connected(Transport::unix_path);
      say(peers.first.get(), "unread");
      peers.second.reset();
      expect_ready(peers.first.get(), everything);
      expect_hear(peers.first.get(), std::errc::connection_reset);
      expect_hear(peers.first.get(), "");
    });
  }

  void unix_buffers_block_until_they_are_read() {
    in_both([&] {
      const Peers peers = connected(Transport::unix_path);
      const std::size_t taken = fill(peers.first.get());
      expect_ready(peers.first.get(), 0);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, taken, drain(peers.second.get()));
      expect_ready(peers.first.get(), output);
    });
  }

  void a_socket_pair_talks() {
    in_both([&] {
      const Handle_Pair pair = got(strata::os::socket_pair());
      say(pair.first.get(), "hello");
      expect_ready(pair.second.get(), input | output);
      expect_hear(pair.second.get(), "hello");
    });
  }

  void a_gathered_write_is_one_stream() {
    in_both([&] {
      const Peers peers = connected();
      const strata::Const_Bytes parts[] = {strata::as_bytes("one "), {}, strata::as_bytes("two")};
      CPPUNIT_ASSERT_EQUAL_MESSAGE(world_, std::size_t{7}, got(strata::os::send(peers.first.get(), parts)));
      expect_ready(peers.second.get(), input | output);
      expect_hear(peers.second.get(), "one two");
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Socket_Test);

}  // namespace strata_test
