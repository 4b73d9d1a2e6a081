// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <cppunit/TestAssert.h>
#include <strata_test/Child.h>

#include "Model_Peers.h"

namespace strata_test {

/// In a process of its own, which was forked while it had one thread: until the parent's end of `link` closes.
template <class Server>
int serve_until_left(Server server, os::Handle link) {
  try {
    server([link](auto& rig) {
      rig.start();
      (void)os::send(link, std::bit_cast<std::array<std::byte, 2>>(rig.address.port()));
      std::byte none{};
      until([&] { return os::receive(link, {&none, 1}).has_value(); });
      rig.finish();
    });
    return 0;
  } catch (...) {
    return 1;
  }
}

/// Twenty times SIGSTOP and SIGCONT, while a peer asks. `server(serve)` runs in another process: it makes a rig that
/// echoes, for `serve` to start and to finish.
template <class Server>
void expect_served_across_stops(Server server) {
  auto link = std::move(*os::socket_pair());
  const pid_t child = ::fork();
  if (child == 0) {
    link.second.reset();
    ::_exit(serve_until_left(server, link.first.get()));
  }
  link.first.reset();
  std::array<std::byte, 2> port;
  until([&] { return os::receive(link.second.get(), port).has_value(); });
  constexpr std::array<std::uint8_t, 4> loopback{127, 0, 0, 1};
  Peer peer = Peer::connect(os::Socket_Address::ipv4(loopback, std::bit_cast<std::uint16_t>(port)));
  for (int i = 0; i < 20; ++i) {
    peer.got.clear();
    until([&] { return peer.push("x") != 0; });
    ::kill(child, SIGSTOP);
    ::kill(child, SIGCONT);
    until([&] { return peer.read(), !peer.got.empty(); });
  }
  peer.close();
  link.second.reset();
  int status = 0;
  ::waitpid(child, &status, 0);
  CPPUNIT_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace strata_test
