// SPDX-License-Identifier: Apache-2.0
#include "Greeter.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/connection/Acceptor.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>
#include <strata/wrappers/SOCK_Connector.h>

using namespace strata;
using namespace std::chrono_literals;

namespace {

struct World {
  sim::Simulator simulator{1};
  std::unique_ptr<Reactor> reactor = *Reactor::open();
  Service service{"greeter", *reactor};
  Acceptor<Greeter> acceptor{service};
  SOCK_Stream peer;
};

}  // namespace

/// A greeter and one peer in a simulated world: a minute passes at once.
class Greeter_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Greeter_Test);
  CPPUNIT_TEST(names_are_greeted_in_their_order);
  CPPUNIT_TEST(a_name_in_pieces_is_greeted_when_it_is_whole);
  CPPUNIT_TEST(bye_ends_the_conversation);
  CPPUNIT_TEST(who_is_silent_is_asked_once_and_left);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    world_.emplace();
    const os::Socket_Address address = os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 7009);
    CPPUNIT_ASSERT(world_->acceptor.open(std::array{address}));
    world_->peer = *SOCK_Connector::start(address);
    expect("Who are you?\n");
  }

  void tearDown() override {
    world_->service.close_all(errc::stopping);
    CPPUNIT_ASSERT(world_->reactor->poll());
    world_.reset();
  }

  void names_are_greeted_in_their_order() {
    say("Ada\nGrace\n");
    expect("Hello, Ada!\nHello, Grace!\n");
  }

  void a_name_in_pieces_is_greeted_when_it_is_whole() {
    say("Barb");
    expect("");
    say("ara\n");
    expect("Hello, Barbara!\n");
  }

  void bye_ends_the_conversation() {
    say("bye\n");
    expect("Goodbye!\n");
    expect_end();
  }

  void who_is_silent_is_asked_once_and_left() {
    expect("Are you there?\n", Greeter::patience);
    expect("Goodbye, then.\n", Greeter::patience);
    expect_end();
  }

 private:
  void say(std::string_view text) { CPPUNIT_ASSERT_EQUAL(text.size(), *world_->peer.send(as_bytes(text))); }

  void expect(const std::string& words, Duration within = 1s) {
    CPPUNIT_ASSERT(world_->reactor->run_for(within));
    std::array<std::byte, 256> buffer;
    const std::size_t size = world_->peer.receive(buffer).value_or(0);
    CPPUNIT_ASSERT_EQUAL(words, std::string{as_text(Const_Bytes{buffer}.first(size))});
  }

  void expect_end() {
    std::byte buffer[1];
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, world_->peer.receive(buffer).value_or(1));
  }

  std::optional<World> world_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Greeter_Test);
