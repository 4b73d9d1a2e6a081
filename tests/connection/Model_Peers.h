// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>

#include "Model_Rig.h"
#include "Peer.h"

namespace strata_test {

/// Who comes to a service that has threads of its own; all are in the test's.
struct Model_Peers {
  os::Socket_Address address;  ///< the service's
  std::deque<Peer> peers;

  Peer& knock() { return peers.emplace_back(Peer::connect(address)); }
  void knock(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) knock();
  }
  static void send(Peer& peer, std::string_view text) {
    while (!text.empty()) until([&] { return text.remove_prefix(peer.push(text)), true; });
  }
  static void expect(Peer& peer, std::string_view text) {
    until([&] { return peer.read(), peer.got.size() >= text.size() || peer.ended || peer.error; });
    CPPUNIT_ASSERT_EQUAL(text.size(), peer.got.size());
    CPPUNIT_ASSERT(peer.got == text);
    peer.got.clear();
  }
  static void expect_end(Peer& peer) {
    until([&] { return peer.read(), peer.ended || peer.error; });
  }
};

}  // namespace strata_test
