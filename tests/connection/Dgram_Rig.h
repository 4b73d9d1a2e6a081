// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <strata/connection/Dgram_Server.h>
#include <strata/logging/Log_System.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Virtual_Time.h>

namespace strata_test {

using namespace std::chrono_literals;
using namespace strata;

/// A datagram service whose handler does what the test says, and clients in the same thread.
struct Dgram_Rig {
  class Host;
  using Act = std::function<Result<>(Host&, std::string_view, const INET_Addr&)>;

  /// What handlers share: the service, and the test's part.
  struct Stage : Service {
    using Service::Service;
    Act on_datagram;
    std::function<Result<>(Host&)> on_open;
    std::vector<std::string> received;
    std::vector<std::error_code> reasons;
    Host* host = nullptr;
  };

  class Host : public Dgram_Handler {
   public:
    explicit Host(Service& service) : stage(static_cast<Stage&>(service)) { stage.host = this; }
    Result<> open() override { return stage.on_open ? stage.on_open(*this) : Result<>{}; }
    Result<> handle_datagram(Bytes bytes, const INET_Addr& peer) override {
      stage.received.emplace_back(as_text(bytes));
      return stage.on_datagram ? stage.on_datagram(*this, as_text(bytes), peer) : Result<>{};
    }
    void handle_close(std::error_code reason) noexcept override { stage.reasons.push_back(reason); }
    Stage& stage;
  };
  class Reflector : public Host {
   public:
    using Host::Host;
    static constexpr bool reflects = true;
  };

  explicit Dgram_Rig(std::string_view demultiplexer) {
    Log_System::process().set_level("", Log_Level::off);
    reactor = std::move(Reactor::open({.demultiplexer = std::string{demultiplexer}}).value());
    stage = std::make_unique<Stage>("test", *reactor, Stream_Options{}, &process);
  }
  ~Dgram_Rig() {
    server.reset();
    reactor.reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, process.used());
  }

  template <class H = Host>
  void open(const Dgram_Limits& limits = {}) {
    server = std::make_unique<Dgram_Server<H>>(*stage);
    const std::array any{os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0)};
    const Outcome<> opened = server->open(any, limits);
    CPPUNIT_ASSERT_MESSAGE(opened ? "" : opened.error().what, opened.has_value());
  }
  os::Socket_Address address() const { return server->addresses().at(0); }
  Service_Metrics& metrics() { return stage->metrics(); }

  static SOCK_Dgram client() {
    return SOCK_Dgram::open(os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0)).value();
  }
  void send(SOCK_Dgram& from, std::string_view text) { CPPUNIT_ASSERT(from.send(as_bytes(text), address())); }

  template <class Condition>
  void until(Condition met) {
    for (int turn = 0; turn < 100'000; ++turn) {
      if (met()) return;
      CPPUNIT_ASSERT(reactor->poll());
    }
    CPPUNIT_FAIL("what the test waits for never came");
  }
  void turns(int count) {
    for (int turn = 0; turn < count; ++turn) CPPUNIT_ASSERT(reactor->poll());
  }
  void expect_received(std::size_t count) {
    until([&] { return stage->received.size() >= count; });
    CPPUNIT_ASSERT_EQUAL(count, stage->received.size());
  }
  std::string reply(SOCK_Dgram& to) {
    std::array<std::byte, 65'536> room;
    os::Datagram_In slot{room};
    until([&] { return to.receive({&slot, 1}).has_value(); });
    return std::string{as_text(Const_Bytes{room}.first(slot.size))};
  }

  Descriptor_Guard descriptors;
  Virtual_Time time;
  Budget process;
  std::unique_ptr<Reactor> reactor;
  std::unique_ptr<Stage> stage;
  std::unique_ptr<Dgram_Server_Base> server;
};

}  // namespace strata_test
