// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/SOCK_Acceptor.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Entropy.h>
#include <strata/os/File.h>
#include <strata/os/Operations.h>
#include <strata/wrappers/Address_Text.h>
#include <strata/wrappers/UNIX_Addr.h>

#include "Loopback.h"

using namespace strata;

namespace {

os::Raw deny(os::Handle, const os::Socket_Address&) { return -static_cast<os::Raw>(std::errc::permission_denied); }
os::Raw no_room(os::Handle, int) { return -static_cast<os::Raw>(std::errc::address_in_use); }
os::Raw no_socket(os::Family, os::Socket_Kind) { return -static_cast<os::Raw>(std::errc::too_many_files_open); }
os::Raw no_option(os::Handle handle, os::Socket_Option option, int value) {
  if (option == os::Socket_Option::no_delay) return -static_cast<os::Raw>(std::errc::no_protocol_option);
  return os::native_operations().set_option(handle, option, value);
}
os::Raw aborted(os::Handle, os::Socket_Address*) { return -static_cast<os::Raw>(std::errc::connection_aborted); }

int backlog_asked = 0;
os::Raw note_backlog(os::Handle handle, int backlog) {
  backlog_asked = backlog;
  return os::native_operations().listen(handle, backlog);
}

}  // namespace

/// A path of its own for a UNIX socket, gone at the end.
struct Socket_File {
  std::string path = "/tmp/strata-test-" + std::to_string(os::random_seed());
  os::Socket_Address address = UNIX_Addr::parse(path)->native().value();
  ~Socket_File() { std::filesystem::remove(path); }
};

class SOCK_Acceptor_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SOCK_Acceptor_Test);
  CPPUNIT_TEST(port_0_gives_a_real_port);
  CPPUNIT_TEST(accepted_stream_comes_with_its_peer);
  CPPUNIT_TEST(nobody_there_would_block);
  CPPUNIT_TEST(accepted_stream_inherits_no_delay);
  CPPUNIT_TEST(backlog_is_4096_unless_said_otherwise);
  CPPUNIT_TEST(options_reach_the_listener);
  CPPUNIT_TEST(port_is_shared_only_where_asked_for);
  CPPUNIT_TEST(both_families_listen_on_one_port);
  CPPUNIT_TEST(unix_socket_accepts);
  CPPUNIT_TEST(a_socket_file_that_nobody_listens_to_is_replaced);
  CPPUNIT_TEST(a_socket_file_in_use_is_left_alone);
  CPPUNIT_TEST(a_file_that_is_no_socket_is_left_alone);
  CPPUNIT_TEST(permissions_hold_whatever_the_umask);
  CPPUNIT_TEST(the_owner_is_set_before_anybody_can_connect);
  CPPUNIT_TEST(errors_name_the_call_and_the_address);
  CPPUNIT_TEST(failed_accept_leaves_the_listener_alive);
  CPPUNIT_TEST(inherited_listener_is_adopted);
  CPPUNIT_TEST_SUITE_END();

  os::Operations table_ = os::native_operations();

  static SOCK_Acceptor listen(const Listen_Options& options = {}) {
    return SOCK_Acceptor::open(loopback(), options).value();
  }
  static int option_of(const SOCK_Acceptor& acceptor, os::Socket_Option option) {
    return os::get_option(acceptor.handle(), option).value();
  }
  static SOCK_Stream connect_to(const SOCK_Acceptor& acceptor) {
    SOCK_Stream client = SOCK_Connector::start(acceptor.local_address().value()).value();
    wait_ready(acceptor.handle(), os::Interest::input);
    return client;
  }

  void expect_failure(std::errc code, const std::string& subject) {
    const os::Operations_Scope scope(table_);
    const auto acceptor = SOCK_Acceptor::open(INET_Addr::parse("0.0.0.0:80")->native());
    CPPUNIT_ASSERT(!acceptor);
    CPPUNIT_ASSERT(acceptor.error().code == code);
    CPPUNIT_ASSERT_EQUAL(subject + ": " + std::make_error_code(code).message(), acceptor.error().what);
    table_ = os::native_operations();
  }

 public:
  void setUp() override { table_ = os::native_operations(); }

  void port_0_gives_a_real_port() { CPPUNIT_ASSERT(listen().local_address()->port() != 0); }

  void accepted_stream_comes_with_its_peer() {
    SOCK_Acceptor acceptor = listen();
    const SOCK_Stream client = connect_to(acceptor);
    os::Socket_Address peer;
    const SOCK_Stream server = acceptor.accept(&peer).value();
    CPPUNIT_ASSERT(peer == client.local_address().value());
    CPPUNIT_ASSERT(peer == server.peer_address().value());
  }

  void nobody_there_would_block() {
    SOCK_Acceptor acceptor = listen();
    CPPUNIT_ASSERT(acceptor.accept().error() == std::errc::operation_would_block);
  }

  void accepted_stream_inherits_no_delay() {
    for (const bool on : {true, false}) {
      const Connection pair = connect_pair({.no_delay = on});
      const int value = os::get_option(pair.server.handle(), os::Socket_Option::no_delay).value();
      CPPUNIT_ASSERT_EQUAL(on, value != 0);
    }
  }

  void backlog_is_4096_unless_said_otherwise() {
    table_.listen = &note_backlog;
    const os::Operations_Scope scope(table_);
    listen();
    CPPUNIT_ASSERT_EQUAL(4096, backlog_asked);
    listen({.backlog = 7});
    CPPUNIT_ASSERT_EQUAL(7, backlog_asked);
  }

  void options_reach_the_listener() {
    using Option = os::Socket_Option;
    const SOCK_Acceptor plain = listen();
    CPPUNIT_ASSERT(option_of(plain, Option::reuse_address) != 0);
    CPPUNIT_ASSERT_EQUAL(0, option_of(plain, Option::reuse_port));
    CPPUNIT_ASSERT_EQUAL(0, option_of(plain, Option::defer_accept));
    const SOCK_Acceptor special = listen({.reuse_address = false, .reuse_port = true, .defer_accept = 1});
    CPPUNIT_ASSERT_EQUAL(0, option_of(special, Option::reuse_address));
    CPPUNIT_ASSERT(option_of(special, Option::reuse_port) != 0);
    CPPUNIT_ASSERT(option_of(special, Option::defer_accept) > 0);
  }

  void port_is_shared_only_where_asked_for() {
    const SOCK_Acceptor alone = listen();
    const auto refused = SOCK_Acceptor::open(alone.local_address().value(), {.reuse_port = true});
    CPPUNIT_ASSERT(refused.error().code == std::errc::address_in_use);
    const SOCK_Acceptor first = listen({.reuse_port = true});
    CPPUNIT_ASSERT(SOCK_Acceptor::open(first.local_address().value(), {.reuse_port = true}));
  }

  void both_families_listen_on_one_port() {
    for (int i = 0; i < 100; ++i) {
      const auto v6 = SOCK_Acceptor::open(INET_Addr::parse("[::]:0")->native());
      if (!v6 && v6.error().code == std::errc::address_family_not_supported) return;  // a host without IPv6
      const std::uint16_t port = v6.value().local_address()->port();
      CPPUNIT_ASSERT(option_of(*v6, os::Socket_Option::v6_only) != 0);
      const auto v4 = SOCK_Acceptor::open(INET_Addr::parse("0.0.0.0", port)->native(), {.reuse_address = false});
      if (v4) return;
      CPPUNIT_ASSERT(v4.error().code == std::errc::address_in_use);  // by a connection of another test: another port
    }
    CPPUNIT_FAIL("no port of a hundred was free for both");
  }

  void unix_socket_accepts() {
    const std::string name = "@strata-test-" + std::to_string(os::random_seed());
    SOCK_Acceptor acceptor = SOCK_Acceptor::open(UNIX_Addr::parse(name)->native().value()).value();
    CPPUNIT_ASSERT_EQUAL(name, to_text(acceptor.local_address().value()));
    SOCK_Stream client = connect_to(acceptor);
    CPPUNIT_ASSERT(SOCK_Connector::complete(client));
    os::Socket_Address peer;
    SOCK_Stream server = acceptor.accept(&peer).value();
    CPPUNIT_ASSERT_EQUAL(std::string("unnamed"), to_text(peer));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.send(as_bytes("a")).value());
  }

  void a_socket_file_that_nobody_listens_to_is_replaced() {
    const Socket_File file;
    SOCK_Acceptor::open(file.address).value().close();
    CPPUNIT_ASSERT(std::filesystem::exists(file.path));
    SOCK_Acceptor again = SOCK_Acceptor::open(file.address).value();
    SOCK_Stream client = connect_to(again);
    CPPUNIT_ASSERT(again.accept());
  }

  void a_socket_file_in_use_is_left_alone() {
    const Socket_File file;
    SOCK_Acceptor first = SOCK_Acceptor::open(file.address).value();
    CPPUNIT_ASSERT(SOCK_Acceptor::open(file.address).error().code == std::errc::address_in_use);
    SOCK_Stream client = connect_to(first);
    while (first.accept()) continue;
  }

  void a_file_that_is_no_socket_is_left_alone() {
    const Socket_File file;
    std::ofstream{file.path} << "text";
    CPPUNIT_ASSERT(SOCK_Acceptor::open(file.address).error().code == std::errc::address_in_use);
    CPPUNIT_ASSERT(std::filesystem::is_regular_file(file.path));
    std::filesystem::remove(file.path);
    const Socket_File other;
    SOCK_Acceptor::open(other.address).value().close();
    std::filesystem::create_symlink(other.path, file.path);
    CPPUNIT_ASSERT(SOCK_Acceptor::open(file.address).error().code == std::errc::address_in_use);
    CPPUNIT_ASSERT(std::filesystem::is_symlink(file.path));
  }

  void permissions_hold_whatever_the_umask() {
    const Socket_File file;
    const SOCK_Acceptor acceptor = SOCK_Acceptor::open(file.address, {.permissions = 0666}).value();
    CPPUNIT_ASSERT_EQUAL(0666u, os::path_status(file.path)->permissions);
  }

  void the_owner_is_set_before_anybody_can_connect() {
    static std::vector<std::string> calls;
    calls.clear();
    table_.path_set_owner = [](const char*, std::uint32_t user, std::uint32_t group) {
      calls.push_back("owner " + std::to_string(user) + ':' + std::to_string(group));
      return os::Raw{0};
    };
    table_.listen = [](os::Handle handle, int backlog) {
      calls.push_back("listen");
      return os::native_operations().listen(handle, backlog);
    };
    const Socket_File file;
    const os::Operations_Scope scope(table_);
    CPPUNIT_ASSERT(SOCK_Acceptor::open(file.address, {.owner = {33, 34}}));
    CPPUNIT_ASSERT(calls == (std::vector<std::string>{"owner 33:34", "listen"}));
    table_.path_set_owner = [](const char*, std::uint32_t, std::uint32_t) {
      return -static_cast<os::Raw>(std::errc::operation_not_permitted);
    };
    const Socket_File other;
    const auto refused = SOCK_Acceptor::open(other.address, {.owner = {33, 34}});
    CPPUNIT_ASSERT(refused.error().what.starts_with("set the owner of " + other.path));
  }

  void errors_name_the_call_and_the_address() {
    table_.bind = &deny;
    expect_failure(std::errc::permission_denied, "bind 0.0.0.0:80");
    table_.bind = [](os::Handle, const os::Socket_Address&) { return os::Raw{0}; };
    table_.listen = &no_room;
    expect_failure(std::errc::address_in_use, "listen on 0.0.0.0:80");
    table_.socket = &no_socket;
    expect_failure(std::errc::too_many_files_open, "open a socket for 0.0.0.0:80");
    table_.set_option = &no_option;
    expect_failure(std::errc::no_protocol_option, "set no_delay on 0.0.0.0:80");
  }

  void failed_accept_leaves_the_listener_alive() {
    SOCK_Acceptor acceptor = listen();
    const SOCK_Stream client = connect_to(acceptor);
    table_.accept = &aborted;
    {
      const os::Operations_Scope scope(table_);
      CPPUNIT_ASSERT(acceptor.accept().error() == std::errc::connection_aborted);
    }
    CPPUNIT_ASSERT(acceptor.accept());
  }

  void inherited_listener_is_adopted() {
    SOCK_Acceptor parent = listen();
    SOCK_Acceptor acceptor(parent.release());
    CPPUNIT_ASSERT(!parent && acceptor);
    const SOCK_Stream client = connect_to(acceptor);
    CPPUNIT_ASSERT(acceptor.accept());
    acceptor.close();
    CPPUNIT_ASSERT(!acceptor);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SOCK_Acceptor_Test);
