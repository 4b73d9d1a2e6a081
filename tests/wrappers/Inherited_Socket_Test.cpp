// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Inherited_Socket.h>

#include <cstdlib>
#include <optional>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Process.h>
#include <strata/wrappers/SOCK_Dgram.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Inherited.h>

#include "Loopback.h"

using namespace strata;
using strata_test::inherited;

namespace {

class Inherited_Socket_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Inherited_Socket_Test);
  CPPUNIT_TEST(an_inherited_listener_is_taken_once);
  CPPUNIT_TEST(a_datagram_socket_is_taken);
  CPPUNIT_TEST(what_the_process_has_opened_itself_is_refused);
  CPPUNIT_TEST(a_socket_of_another_kind_is_refused);
  CPPUNIT_TEST(what_is_no_socket_or_does_not_listen_is_refused);
  CPPUNIT_TEST(no_sockets_for_this_process_are_none);
  CPPUNIT_TEST(only_inherited_endpoints_are_taken);
  CPPUNIT_TEST_SUITE_END();

  std::optional<strata_test::Descriptor_Guard> descriptors_;

  static auto take(os::Handle handle, os::Socket_Kind kind = os::Socket_Kind::stream) {
    return inherited_sockets(Endpoint::parse("fd://" + std::to_string(handle.value())).value(), kind);
  }
  static void expect_refused(os::Handle handle, os::Socket_Kind kind, std::errc code, const std::string& why) {
    const auto taken = take(handle, kind);
    CPPUNIT_ASSERT(!taken);
    CPPUNIT_ASSERT(taken.error().code == code);
    CPPUNIT_ASSERT_EQUAL("fd://" + std::to_string(handle.value()) + ": " + why, taken.error().what);
  }

 public:
  void setUp() override { descriptors_.emplace(); }
  void tearDown() override {
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    descriptors_->check();
  }

  void an_inherited_listener_is_taken_once() {
    const SOCK_Acceptor acceptor = SOCK_Acceptor::open(loopback()).value();
    const os::Handle handle = inherited(acceptor.handle());
    const auto taken = take(handle).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, taken.size());
    CPPUNIT_ASSERT(taken.front().get() == handle);
    expect_refused(handle, os::Socket_Kind::stream, std::errc::file_exists, "was not inherited, or is used already");
  }

  void a_datagram_socket_is_taken() {
    const SOCK_Dgram socket = SOCK_Dgram::open(loopback()).value();
    CPPUNIT_ASSERT(take(inherited(socket.handle()), os::Socket_Kind::datagram));
  }

  void what_the_process_has_opened_itself_is_refused() {
    const SOCK_Acceptor acceptor = SOCK_Acceptor::open(loopback()).value();
    expect_refused(acceptor.handle(), os::Socket_Kind::stream, std::errc::file_exists,
                   "was not inherited, or is used already");
  }

  void a_socket_of_another_kind_is_refused() {
    const SOCK_Acceptor acceptor = SOCK_Acceptor::open(loopback()).value();
    const SOCK_Dgram socket = SOCK_Dgram::open(loopback()).value();
    expect_refused(acceptor.handle(), os::Socket_Kind::datagram, std::errc::wrong_protocol_type,
                   "is no datagram socket");
    expect_refused(socket.handle(), os::Socket_Kind::stream, std::errc::wrong_protocol_type, "is a datagram socket");
  }

  void what_is_no_socket_or_does_not_listen_is_refused() {
    const Connection pair = connect_pair();
    expect_refused(pair.client.handle(), os::Socket_Kind::stream, std::errc::wrong_protocol_type, "does not listen");
    expect_refused(os::Handle{0}, os::Socket_Kind::stream, std::errc::not_a_socket,
                   std::make_error_code(std::errc::not_a_socket).message());
    expect_refused(os::Handle{99'999}, os::Socket_Kind::stream, std::errc::bad_file_descriptor,
                   std::make_error_code(std::errc::bad_file_descriptor).message());
  }

  void no_sockets_for_this_process_are_none() {
    const Endpoint web = Endpoint::parse("systemd://web").value();
    const auto named = [&web] { return inherited_sockets(web, os::Socket_Kind::stream); };
    const std::string none = "systemd://web: the service manager has passed no such socket, but ";
    CPPUNIT_ASSERT_EQUAL(none + "none", named().error().what);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_FDNAMES", "web", 1);
    ::setenv("LISTEN_PID", "1", 1);  // of the process that started this one
    CPPUNIT_ASSERT_EQUAL(none + "none", named().error().what);
    ::setenv("LISTEN_PID", std::to_string(os::process_id()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", "mail", 1);
    CPPUNIT_ASSERT_EQUAL(none + "mail", named().error().what);
    ::unsetenv("LISTEN_FDNAMES");
    CPPUNIT_ASSERT_EQUAL(none + "unknown", named().error().what);
    for (const char* damaged : {"-1", "99999999999999", "x", ""}) {
      ::setenv("LISTEN_FDS", damaged, 1);
      CPPUNIT_ASSERT_EQUAL(none + "none", named().error().what);
    }
  }

  void only_inherited_endpoints_are_taken() {
    const auto taken = inherited_sockets(Endpoint::parse("tcp://*:80").value(), os::Socket_Kind::stream);
    CPPUNIT_ASSERT(taken.error().code == std::errc::invalid_argument);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Inherited_Socket_Test);
