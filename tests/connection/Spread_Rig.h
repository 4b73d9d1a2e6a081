// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <strata/concurrency/Reactor_Pool.h>
#include <strata/connection/Acceptor.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>
#include <strata/os/Socket.h>
#include <strata/os/Stack.h>
#include <strata/os/Thread.h>
#include <strata/proactor/Completion_Transports.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Mechanisms.h>

namespace strata_test {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::Accept_Mode;
using strata::Reactor;

/// Echoes, at home alone.
class Home_Echo final : public strata::Svc_Handler {
 public:
  Result<> handle_data(Bytes bytes) override {
    if (!home().at_home(ref())) return strata::fail(std::errc::operation_not_permitted);
    return put(bytes);
  }
};

/// An echo service over a main reactor and some that serve, with threads of their own; the clients are the test's.
class Spread_Rig : public CppUnit::TestFixture {
 public:
  void setUp() override {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    guard_.emplace();
    open_reactors(3, {});
    released_ = false;
  }
  void open_reactors(unsigned count, strata::Reactor_Options each) {
    if (completes_) each.demultiplexer = "io_uring";
    main_ = std::move(*Reactor::open());
    pool_ = std::move(*strata::Reactor_Pool::open(*main_, count, each));
    service_.emplace("test", *main_, strata::Stream_Options{}, nullptr, strata::Budget::unlimited, pool_->serving());
    if (completes_) {
      transports_ = std::move(*strata::Completion_Transports::open(pool_->serving()));
      service_->set_transports(transports_.get());
    }
    acceptor_.emplace(*service_);
  }
  void tearDown() override {
    end();
    guard_->check();
  }

 protected:
  /// On readiness, and on a ring's completions where this machine allows a ring.
  template <class Test>
  void on_each_engine(Test test) {
    test();
    completes_ = io_uring_allowed();
    if (!completes_) return;
    tearDown();
    setUp();
    test();
  }
  void listen(const strata::Acceptor_Options& options) {
    const std::array any{os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0)};
    const auto opened = acceptor_->open(any, options);
    CPPUNIT_ASSERT_MESSAGE(opened ? "" : opened.error().what, opened.has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, acceptor_->addresses().size());
    address_ = acceptor_->addresses()[0];
  }
  void start() {
    CPPUNIT_ASSERT(pool_->start().has_value());
    runner_ = std::move(*os::spawn("main", [this] { (void)main_->run(); }));
  }
  /// As a daemon ends: acceptors, connections, threads, service.
  void end() {
    if (runner_.joinable()) {
      (void)main_->post([this] {
        acceptor_->close();
        service_->close_all(strata::errc::stopping);
      });
      until([&] { return service_->idle(); });
      main_->stop();
      runner_.join();
    }
    clients_.clear();
    acceptor_.reset();
    pool_.reset();
    main_.reset();
    service_.reset();
    transports_.reset();
  }
  void connect() {
    auto client = std::move(*os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
    const auto started = os::connect(client.get(), address_);
    CPPUNIT_ASSERT(started || started.error() == std::errc::operation_in_progress);
    clients_.push_back(std::move(client));
  }
  static bool echoes(os::Handle client) {
    std::byte room[8];
    (void)os::send(client, strata::as_bytes("x"));
    return os::receive(client, room).value_or(0) != 0;
  }
  /// An answer comes, or the end does.
  bool lives(os::Handle client) {
    std::byte room[8];
    strata::Result<std::size_t> got = strata::fail(std::errc::operation_would_block);
    (void)os::send(client, strata::as_bytes("x"));
    until([&] {
      got = os::receive(client, room);
      return got || got.error() != std::errc::operation_would_block;
    });
    return got && *got != 0;
  }
  void expect_heard(os::Handle client) {
    std::byte room[8];
    until([&] { return os::receive(client, room).value_or(0) != 0; });
  }
  void expect_echo(os::Handle client) {
    until([&] { return os::send(client, strata::as_bytes("x")).has_value(); });
    expect_heard(client);
  }
  template <class Condition>
  void until(Condition reached) {
    const auto clock = os::native_operations().monotonic_ns;
    for (const std::int64_t limit = clock() + 10'000'000'000; clock() < limit; std::this_thread::yield()) {
      if (reached()) return;
    }
    std::string state = "what was awaited has not come; connections: " + std::to_string(service_->connections()) + " =";
    for (const Reactor* one : pool_->serving()) state += ' ' + std::to_string(service_->connections_in(*one));
    CPPUNIT_FAIL(state + ", accepted " + std::to_string(service_->metrics().accepted.value()) + ", closed " +
                 std::to_string(service_->metrics().closed.value()) + ", accept errors " +
                 std::to_string(service_->metrics().accept_errors.value()));
  }

  std::optional<strata_test::Descriptor_Guard> guard_;
  std::unique_ptr<strata::Completion_Transports> transports_;
  std::unique_ptr<Reactor> main_;
  std::optional<strata::Service> service_;
  std::unique_ptr<strata::Reactor_Pool> pool_;
  std::optional<strata::Acceptor<Home_Echo>> acceptor_;
  os::Socket_Address address_;
  std::vector<os::Unique_Handle> clients_;
  os::Thread runner_;
  bool completes_ = false;
  std::atomic<bool> released_{false};  ///< told by the service, to its end
};

}  // namespace strata_test
