// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/SOCK_Connector.h>

#include <string>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Operations.h>
#include <strata/os/Socket.h>

#include "Loopback.h"

using namespace strata;

namespace {

std::vector<os::Handle> closed;
os::Raw note_close(os::Handle handle) {
  closed.push_back(handle);
  return os::native_operations().close(handle);
}
os::Raw no_ports_left(os::Handle, const os::Socket_Address&) {
  return -static_cast<os::Raw>(std::errc::address_not_available);
}
os::Raw interrupted(os::Handle handle, const os::Socket_Address& address) {
  static_cast<void>(os::native_operations().connect(handle, address));
  return -static_cast<os::Raw>(std::errc::interrupted);
}
os::Raw timed_out(os::Handle handle, os::Socket_Option option) {
  if (option == os::Socket_Option::pending_error) return static_cast<os::Raw>(std::errc::timed_out);
  return os::native_operations().get_option(handle, option);
}

}  // namespace

class SOCK_Connector_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SOCK_Connector_Test);
  CPPUNIT_TEST(attempt_completes_when_writable);
  CPPUNIT_TEST(refused_attempt_reports_it_once);
  CPPUNIT_TEST(timed_out_attempt_reports_it);
  CPPUNIT_TEST(local_address_is_used);
  CPPUNIT_TEST(taken_local_address_fails_at_once);
  CPPUNIT_TEST(failure_at_once_closes_the_socket);
  CPPUNIT_TEST(interrupted_attempt_goes_on);
  CPPUNIT_TEST(unconnected_socket_is_still_in_progress);
  CPPUNIT_TEST(socket_that_found_itself_is_refused);
  CPPUNIT_TEST_SUITE_END();

  SOCK_Acceptor acceptor_;

  SOCK_Stream start(const os::Socket_Address* local = nullptr) const {
    return SOCK_Connector::start(acceptor_.local_address().value(), local).value();
  }
  /// A loopback port that nobody listens on, held by a bound socket so that nobody will.
  static os::Unique_Handle hold_port(os::Socket_Address& address) {
    os::Unique_Handle socket = os::open_socket(os::Family::ipv4, os::Socket_Kind::stream).value();
    CPPUNIT_ASSERT(os::bind(socket.get(), loopback()));
    address = os::local_address(socket.get()).value();
    return socket;
  }
  static Result<> finish(SOCK_Stream& stream) {
    wait_ready(stream.handle(), os::Interest::output);
    return SOCK_Connector::complete(stream);
  }

 public:
  void setUp() override { acceptor_ = SOCK_Acceptor::open(loopback()).value(); }
  void tearDown() override { acceptor_.close(); }

  void attempt_completes_when_writable() {
    SOCK_Stream stream = start();
    CPPUNIT_ASSERT(finish(stream));
    CPPUNIT_ASSERT(stream.peer_address().value() == acceptor_.local_address().value());
  }

  void refused_attempt_reports_it_once() {
    os::Socket_Address nobody;
    const os::Unique_Handle held = hold_port(nobody);
    SOCK_Stream stream = SOCK_Connector::start(nobody).value();
    CPPUNIT_ASSERT(finish(stream).error() == std::errc::connection_refused);
    CPPUNIT_ASSERT(SOCK_Connector::complete(stream).error() == std::errc::operation_in_progress);
  }

  void timed_out_attempt_reports_it() {
    SOCK_Stream stream = start();
    os::Operations table = os::native_operations();
    table.get_option = &timed_out;
    const os::Operations_Scope scope(table);
    CPPUNIT_ASSERT(finish(stream).error() == std::errc::timed_out);
  }

  void local_address_is_used() {
    os::Socket_Address local = INET_Addr::parse("127.0.0.2:0")->native();
    SOCK_Stream stream = start(&local);
    CPPUNIT_ASSERT(finish(stream));
    CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.2"), INET_Addr::from(stream.local_address().value())->host_text());
  }

  void taken_local_address_fails_at_once() {
    const os::Socket_Address taken = acceptor_.local_address().value();
    CPPUNIT_ASSERT(SOCK_Connector::start(taken, &taken).error() == std::errc::address_in_use);
  }

  void failure_at_once_closes_the_socket() {
    os::Operations table = os::native_operations();
    table.connect = &no_ports_left;
    table.close = &note_close;
    closed.clear();
    const os::Operations_Scope scope(table);
    const auto stream = SOCK_Connector::start(acceptor_.local_address().value());
    CPPUNIT_ASSERT(stream.error() == std::errc::address_not_available);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, closed.size());
  }

  void interrupted_attempt_goes_on() {
    os::Operations table = os::native_operations();
    table.connect = &interrupted;
    const os::Operations_Scope scope(table);
    SOCK_Stream stream = start();
    CPPUNIT_ASSERT(finish(stream));
  }

  void unconnected_socket_is_still_in_progress() {
    SOCK_Stream stream(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream).value());
    CPPUNIT_ASSERT(SOCK_Connector::complete(stream).error() == std::errc::operation_in_progress);
  }

  void socket_that_found_itself_is_refused() {
    os::Socket_Address self;
    { const os::Unique_Handle held = hold_port(self); }
    SOCK_Stream stream = SOCK_Connector::start(self, &self).value();
    CPPUNIT_ASSERT(finish(stream).error() == std::errc::connection_refused);
    CPPUNIT_ASSERT(stream.local_address().value() == stream.peer_address().value());  // TCP itself did connect
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SOCK_Connector_Test);
