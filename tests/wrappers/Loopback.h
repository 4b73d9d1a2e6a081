// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include <cppunit/TestAssert.h>

#include <strata/os/Clock.h>
#include <strata/os/Demultiplexer.h>
#include <strata/wrappers/INET_Addr.h>
#include <strata/wrappers/SOCK_Acceptor.h>
#include <strata/wrappers/SOCK_Connector.h>

inline strata::os::Socket_Address loopback(std::uint16_t port = 0) {
  return strata::INET_Addr::parse("127.0.0.1", port)->native();
}

/// Waits until `handle` is ready, and fails the test after 10 s; the bits of os::Ready.
inline unsigned wait_ready(strata::os::Handle handle, strata::os::Interest interest) {
  using namespace strata;
  const auto demultiplexer = os::open_demultiplexer("poll").value();
  CPPUNIT_ASSERT(demultiplexer->add(handle, interest, 0));
  std::array<os::Ready, 1> ready{};
  const Time_Point limit = Clock::now() + std::chrono::seconds(10);
  while (Clock::now() < limit) {
    if (demultiplexer->wait(ready, std::chrono::seconds(1)).value() == 1) return ready[0].set;
  }
  CPPUNIT_FAIL("the socket never became ready");
  return 0;
}

/// The two ends of a TCP connection over loopback, made by the classes under test.
struct Connection {
  strata::SOCK_Stream client, server;
};

inline Connection connect_pair(const strata::Listen_Options& options = {}) {
  using namespace strata;
  SOCK_Acceptor acceptor = SOCK_Acceptor::open(loopback(), options).value();
  Connection pair;
  pair.client = SOCK_Connector::start(acceptor.local_address().value()).value();
  wait_ready(pair.client.handle(), os::Interest::output);
  CPPUNIT_ASSERT(SOCK_Connector::complete(pair.client));
  wait_ready(acceptor.handle(), os::Interest::input);
  pair.server = acceptor.accept().value();
  return pair;
}
