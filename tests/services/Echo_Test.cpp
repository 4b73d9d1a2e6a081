// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <vector>

#include <strata_test/Mechanisms.h>

#include "Service_Rig.h"

namespace {

using namespace strata_test;

class Echo_Test : public Service_Rig {
  CPPUNIT_TEST_SUITE(Echo_Test);
  CPPUNIT_TEST(bytes_come_back_on_every_demultiplexer);
  CPPUNIT_TEST(a_megabyte_comes_back_whole);
  CPPUNIT_TEST(a_thousand_connections_each_get_their_own_bytes_back);
  CPPUNIT_TEST(what_came_before_the_end_is_answered_before_the_end);
  CPPUNIT_TEST_SUITE_END();

 public:
  void bytes_come_back_on_every_demultiplexer() {
    for (const std::string_view name : mechanisms()) {
      start("echo", std::string{name});
      SOCK_Stream peer = connect();
      send(peer, "hello");
      CPPUNIT_ASSERT_EQUAL(std::string{"hello"}, receive(peer, 5));
      peer.close();
      stop();
    }
  }

  void a_megabyte_comes_back_whole() {
    start("echo");
    SOCK_Stream peer = connect();
    std::string sent, got;
    for (int i = 0; i < 64; ++i) {
      const std::string part(16384, static_cast<char>('0' + i));
      send(peer, part);
      sent += part;
      got += receive(peer, part.size());
    }
    CPPUNIT_ASSERT(sent == got);
  }

  void a_thousand_connections_each_get_their_own_bytes_back() {
    start("echo");
    std::vector<SOCK_Stream> peers;
    for (int i = 0; i < 1000; ++i) peers.push_back(connect());
    for (std::size_t i = 0; i < peers.size(); ++i) send(peers[i], "peer " + std::to_string(i));
    for (std::size_t i = 0; i < peers.size(); ++i) {
      const std::string wanted = "peer " + std::to_string(i);
      CPPUNIT_ASSERT_EQUAL(wanted, receive(peers[i], wanted.size()));
    }
  }

  void what_came_before_the_end_is_answered_before_the_end() {
    start("echo");
    SOCK_Stream peer = connect();
    send(peer, "last words");
    CPPUNIT_ASSERT(peer.shutdown(os::Shutdown::send));
    CPPUNIT_ASSERT_EQUAL(std::string{"last words"}, receive(peer, 100));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Echo_Test);
