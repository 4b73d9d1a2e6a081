// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/connection/Acceptor.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Completion_Port.h>
#include <strata/proactor/Completion_Transports.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata_test/Backend.h>
#include <strata_test/Descriptor_Guard.h>

#include "Peer.h"
#include "Stage.h"

namespace strata_test {

using namespace std::chrono_literals;
using strata::errc;
using strata::Result;

inline std::error_condition condition(std::errc e) { return std::make_error_condition(e); }
inline std::error_condition condition(errc e) { return {static_cast<int>(e), strata::strata_category()}; }

inline os::Socket_Address loopback(std::uint16_t port = 0) {
  return os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, port);
}

struct Rig_Options {
  strata::Stream_Options stream;
  std::size_t byte_limit = strata::Budget::unlimited;
  std::size_t process_limit = strata::Budget::unlimited;
};

/// A service with its acceptor on one backend, and its peers.
struct Connection_Rig {
  struct Client : Peer {
    Host* host = nullptr;
  };

  explicit Connection_Rig(Backend& world, const Rig_Options& options = {})
      : backend(world), process(options.process_limit) {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    auto opened = strata::Reactor::open({.demultiplexer = world.demultiplexer()});
    CPPUNIT_ASSERT(opened.has_value());
    stage.emplace("test", **opened, options.stream, &process, options.byte_limit);
    reactor = std::move(*opened);
    if (!world.completes()) return;
    const std::array homes{reactor.get()};
    auto over_completions = strata::Completion_Transports::open(homes);
    CPPUNIT_ASSERT(over_completions.has_value());
    transports = std::move(*over_completions);
    stage->set_transports(transports.get());
  }
  /// Everything that it made is gone, and nothing is charged any more.
  void finish() {
    acceptor.reset();
    reactor.reset();
    clients.clear();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, stage->connections());
    CPPUNIT_ASSERT_EQUAL(stage->metrics().accepted.value(), stage->metrics().closed.value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, stage->budget().used());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, process.used());
  }

  /// Grows with the loop's turns, but those of interrupted waits.
  std::uint64_t turns() const { return reactor->metrics().turns.value() - Interruptions::waits(); }

  template <class Handler = Host>
  os::Socket_Address listen(const strata::Acceptor_Options& options = {}) {
    acceptor = std::make_unique<strata::Acceptor<Handler>>(*stage);
    const std::array any{loopback()};
    const auto opened = acceptor->open(any, options);
    CPPUNIT_ASSERT_MESSAGE(opened ? "" : opened.error().what, opened.has_value());
    return address();
  }
  os::Socket_Address address() { return acceptor->addresses().at(0); }

  /// A connected pair: the client's end here, the handler's there.
  Client& connect(int receive_buffer = 0) {
    if (!acceptor) listen();
    const std::size_t before = stage->hosts.size();
    clients.push_back({Peer::connect(address(), receive_buffer), nullptr});
    until([&] { return stage->hosts.size() > before; });
    clients.back().host = stage->hosts.back();
    return clients.back();
  }
  Client& knock() {  ///< connects, and does not wait for the handler
    clients.push_back({Peer::connect(address()), nullptr});
    return clients.back();
  }

  void turn() { expect_ok(reactor->poll()); }
  /// Turns without time; on a busy machine the kernel may need some to carry bytes across.
  template <class Condition>
  void until(Condition reached) {
    for (int i = 0; i < 100'000; ++i) {
      if (reached()) return;
      turn();
      std::this_thread::yield();
    }
    CPPUNIT_FAIL("what was awaited has not come; diary: " + stage->diary);
  }
  void settle() {
    for (int i = 0; i < 8; ++i) {
      turn();
      std::this_thread::yield();
    }
  }
  void run_for(strata::Duration time) { expect_ok(reactor->run_for(time)); }

  void expect_received(std::string_view wanted) {
    until([&] { return stage->received.size() >= wanted.size(); });
    CPPUNIT_ASSERT_EQUAL(std::string{wanted}, stage->received);
  }
  void expect_reply(Client& client, std::string_view wanted) {
    until([&] { return client.read(), client.got.size() >= wanted.size() || client.ended || client.error; });
    CPPUNIT_ASSERT(client.got == wanted);
  }
  void expect_end(Client& client) {
    until([&] { return client.read(), client.ended || client.error; });
    CPPUNIT_ASSERT_MESSAGE(client.error.message(), client.ended);
  }
  void expect_reset(Client& client) {
    until([&] { return client.read(), client.ended || client.error; });
    CPPUNIT_ASSERT_EQUAL(condition(std::errc::connection_reset).message(), client.error.message());
  }
  /// Its ring is for one thread, and one operation takes whoever comes: since Linux 6.1.
  bool accepts_many() const {
    const os::Completion_Port* port = reactor->completion_port();
    return port != nullptr && port->accepts_many();
  }
  /// So many connections in all have closed, the last one so.
  template <class Errc>
  void expect_closed(Errc reason, std::size_t count = 1) {
    until([&] { return stage->reasons.size() >= count; });
    settle();
    CPPUNIT_ASSERT_EQUAL(count, stage->reasons.size());
    CPPUNIT_ASSERT_EQUAL(condition(reason).message(), stage->reasons.back().message());
  }
  void expect_open() {
    settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, stage->reasons.size());
  }
  static void expect_ok(const Result<>& result) {
    CPPUNIT_ASSERT_MESSAGE(result ? "" : result.error().message(), result.has_value());
  }
  template <class T, class Errc>
  static void expect_error(Errc wanted, const Result<T>& result) {
    CPPUNIT_ASSERT(!result.has_value());
    CPPUNIT_ASSERT_EQUAL(condition(wanted).message(), result.error().message());
  }

  Backend& backend;
  strata::Budget process;
  std::optional<Stage> stage;  // outlives the reactor: that destroys its handlers
  std::unique_ptr<strata::Completion_Transports> transports;  // and this its operations
  std::unique_ptr<strata::Reactor> reactor;
  std::unique_ptr<strata::Acceptor_Base> acceptor;
  std::deque<Client> clients;
};

inline Result<> echo(Host& host, strata::Bytes bytes) { return host.put(bytes); }

/// A message of which a part must be queued: loopback holds some 3 MB.
inline const std::string& more_than_the_kernel_takes() {
  static const std::string text = pattern(8'000'000);
  return text;
}

template <class Test>
void on_backend(std::string_view name, const Rig_Options& options, Test& test, std::uint64_t world = 1) {
  std::optional<Descriptor_Guard> guard;
  if (!is_simulated(name)) guard.emplace();
  {
    Backend backend{name, world};
    {
      Connection_Rig rig{backend, options};
      test(rig);
      rig.finish();
    }
    if (backend.simulator() != nullptr) CPPUNIT_ASSERT_EQUAL(std::size_t{0}, backend.simulator()->open_descriptors());
  }
  if (guard) guard->check();
}

/// Runs a test over each; nothing may be left open or charged.
template <class Test>
void on_each(std::span<const std::string_view> names, const Rig_Options& options, Test test) {
  for (const std::string_view name : names) {
    for (std::uint64_t world = 1; world <= worlds_of(name); ++world) {
      try {
        on_backend(name, options, test, world);
      } catch (CppUnit::Exception& failure) {
        const std::string where = "on " + std::string{name} + ", world " + std::to_string(world);
        failure.setMessage(CppUnit::Message{where, failure.message().details()});
        throw;
      }
    }
  }
}
/// Every mechanism, the simulator, and the completions of both rings.
template <class Test>
void on_each_backend(const Rig_Options& options, Test test) {
  on_each(engines(), options, test);
}
template <class Test>
void on_each_backend(Test test) {
  on_each(engines(), Rig_Options{}, test);
}
/// Where each send and receive is a call through the seam.
template <class Test>
void on_each_readiness(Test test, const Rig_Options& options = {}) {
  on_each(backends(), options, test);
}

}  // namespace strata_test
