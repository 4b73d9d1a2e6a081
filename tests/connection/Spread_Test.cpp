// SPDX-License-Identifier: Apache-2.0
// A service whose connections are spread over several reactors, with real threads, in each mode of accepting.
#include <strata/connection/Acceptor.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/concurrency/Reactor_Pool.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>
#include <strata/os/Socket.h>
#include <strata/os/Stack.h>
#include <strata/os/Thread.h>
#include <strata_test/Descriptor_Guard.h>

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::Accept_Mode;
using strata::Reactor;

class Echo final : public strata::Svc_Handler {
 public:
  Result<> handle_data(Bytes bytes) override {
    if (!home().at_home(ref())) return strata::fail(std::errc::operation_not_permitted);
    return put(bytes);
  }
};

class Spread_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Spread_Test);
  CPPUNIT_TEST(every_mode_serves_all);
  CPPUNIT_TEST(in_turn_and_by_load_all_have_as_many);
  CPPUNIT_TEST(by_load_the_emptiest_is_filled_up);
  CPPUNIT_TEST(the_cap_holds_for_all_reactors_together);
  CPPUNIT_TEST(a_source_that_asks_for_too_many_is_reset);
  CPPUNIT_TEST(who_waits_in_a_queue_is_accepted_at_the_end);
  CPPUNIT_TEST(a_reactor_that_fails_costs_its_connections_alone);
  CPPUNIT_TEST(an_address_in_use_is_refused_to_a_group);
  CPPUNIT_TEST(a_drain_ends_the_connections_of_all);
  CPPUNIT_TEST(a_drain_finds_room_in_a_full_queue);
  CPPUNIT_TEST(fault_18_who_cannot_be_handed_over_is_dropped_and_the_listener_lives);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    strata::Log_System::process().set_level("", strata::Log_Level::off);
    guard_.emplace();
    open_reactors(3, {});
  }
  void open_reactors(unsigned count, const strata::Reactor_Options& each) {
    main_ = std::move(*Reactor::open());
    pool_ = std::move(*strata::Reactor_Pool::open(*main_, count, each));
    service_.emplace("test", *main_, strata::Stream_Options{}, nullptr, strata::Budget::unlimited, pool_->serving());
    acceptor_.emplace(*service_);
  }
  void tearDown() override {
    end();
    guard_->check();
  }

  void every_mode_serves_all() {
    for (const Accept_Mode mode :
         {Accept_Mode::handoff, Accept_Mode::least_loaded, Accept_Mode::reuseport, Accept_Mode::exclusive}) {
      listen({.accept = mode});
      start();
      for (int i = 0; i < 30; ++i) connect();
      for (const os::Unique_Handle& client : clients_) expect_echo(client.get());
      CPPUNIT_ASSERT_EQUAL(std::size_t{30}, service_->connections());
      tearDown();
      setUp();
    }
  }

  void in_turn_and_by_load_all_have_as_many() {
    for (const Accept_Mode mode : {Accept_Mode::handoff, Accept_Mode::least_loaded}) {
      listen({.accept = mode});
      start();
      for (int i = 0; i < 30; ++i) connect();
      const auto ten = [&](const Reactor* one) { return service_->connections_in(*one) == 10; };
      until([&] { return std::ranges::all_of(pool_->serving(), ten); });
      tearDown();
      setUp();
    }
  }

  void by_load_the_emptiest_is_filled_up() {
    listen({.accept = Accept_Mode::least_loaded});
    start();
    for (int i = 0; i < 30; ++i) {
      connect();
      expect_echo(clients_.back().get());
    }
    for (std::size_t i = 0; i < clients_.size(); i += 3) clients_[i].reset();  // all of one reactor
    until([&] { return service_->connections() == 20; });
    for (int i = 0; i < 10; ++i) {
      connect();
      expect_echo(clients_.back().get());
    }
    for (const Reactor* one : pool_->serving()) CPPUNIT_ASSERT_EQUAL(std::size_t{10}, service_->connections_in(*one));
  }

  void the_cap_holds_for_all_reactors_together() {
    for (const Accept_Mode mode : {Accept_Mode::handoff, Accept_Mode::reuseport, Accept_Mode::exclusive}) {
      listen({.max_connections = 5, .accept = mode});
      start();
      for (int i = 0; i < 20; ++i) connect();
      // Whoever is served makes room by leaving: all are served in the end, and never more than five at once.
      std::size_t served = 0;
      until([&] {
        CPPUNIT_ASSERT(service_->connections() <= 5);
        for (os::Unique_Handle& client : clients_) {
          if (!client || !echoes(client.get())) continue;
          ++served;
          client.reset();
        }
        return served == 20;
      });
      tearDown();
      setUp();
    }
  }

  void a_source_that_asks_for_too_many_is_reset() {
    for (const Accept_Mode mode : {Accept_Mode::handoff, Accept_Mode::reuseport}) {
      listen({.max_per_source = 4, .accept = mode});
      start();
      for (int i = 0; i < 4; ++i) connect();
      for (const os::Unique_Handle& client : clients_) expect_echo(client.get());
      connect();
      std::byte room[8];
      until([&] {
        const auto got = os::receive(clients_.back().get(), room);
        return !got && got.error() == std::errc::connection_reset;
      });
      clients_.front().reset();
      until([&] { return service_->connections() == 3; });
      connect();
      expect_echo(clients_.back().get());
      tearDown();
      setUp();
    }
  }

  void who_waits_in_a_queue_is_accepted_at_the_end() {
    for (const Accept_Mode mode : {Accept_Mode::handoff, Accept_Mode::reuseport, Accept_Mode::exclusive}) {
      listen({.accept = mode});
      for (int i = 0; i < 20; ++i) {  // nobody runs yet
        connect();
        (void)os::send(clients_.back().get(), strata::as_bytes("hello"));
      }
      acceptor_->close();
      start();
      for (const os::Unique_Handle& client : clients_) expect_heard(client.get());
      CPPUNIT_ASSERT_EQUAL(std::size_t{20}, service_->connections());
      tearDown();
      setUp();
    }
  }

  void a_reactor_that_fails_costs_its_connections_alone() {
    for (const Accept_Mode mode :
         {Accept_Mode::handoff, Accept_Mode::least_loaded, Accept_Mode::reuseport, Accept_Mode::exclusive}) {
      static std::atomic<std::uint64_t> failing;  // a thread
      failing = 0;
      os::Operations table = os::operations();
      table.epoll_wait = [](os::Handle epoll, epoll_event* events, int capacity, strata::Duration timeout) -> os::Raw {
        if (failing == os::current_thread()) return -static_cast<os::Raw>(std::errc::io_error);
        return os::native_operations().epoll_wait(epoll, events, capacity, timeout);
      };
      const os::Operations_Scope scope{table};
      end();
      open_reactors(3, {.demultiplexer = "epoll"});
      pool_->when_failed([](Reactor& failed, std::error_code error) { failed.end(error); });
      listen({.accept = mode});
      start();
      for (int i = 0; i < 30; ++i) connect();
      for (const os::Unique_Handle& client : clients_) expect_echo(client.get());

      Reactor& sick = *pool_->serving()[1];
      const std::size_t lost = service_->connections_in(sick);
      std::latch blocked{1}, go{1};
      CPPUNIT_ASSERT(sick.post([&] {
        failing = os::current_thread();
        blocked.count_down();
        go.wait();
      }).has_value());
      blocked.wait();
      if (mode == Accept_Mode::reuseport) {
        for (int i = 0; i < 30; ++i) connect();  // some of them are in its queue, which another takes over
      }
      go.count_down();
      until([&] { return sick.ended(); });
      until([&] { return service_->connections_in(sick) == 0; });
      CPPUNIT_ASSERT(sick.post([] {}).error() == strata::errc::stopping);

      std::size_t gone = 0;
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (i >= 30 || lives(clients_[i].get())) {
          expect_echo(clients_[i].get());
        } else {
          ++gone;
        }
      }
      CPPUNIT_ASSERT_EQUAL(lost, gone);
      for (int i = 0; i < 30; ++i) connect();
      for (std::size_t i = clients_.size() - 30; i < clients_.size(); ++i) expect_echo(clients_[i].get());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, service_->connections_in(sick));
      tearDown();
      setUp();
    }
  }

  void an_address_in_use_is_refused_to_a_group() {
    listen({.accept = Accept_Mode::reuseport});
    strata::Acceptor<Echo> second{*service_};
    const auto opened = second.open(std::array{address_}, {.accept = Accept_Mode::reuseport});
    CPPUNIT_ASSERT(!opened && opened.error().code == std::errc::address_in_use);
  }

  void a_drain_ends_the_connections_of_all() {
    listen({.accept = Accept_Mode::handoff});
    start();
    for (int i = 0; i < 30; ++i) connect();
    for (const os::Unique_Handle& client : clients_) expect_echo(client.get());
    std::atomic<bool> released{false};
    CPPUNIT_ASSERT(main_->post([&] {
      acceptor_->close();
      service_->when_released([&] { released = service_->idle(); });
      service_->drain();
    }).has_value());
    std::byte room[8];
    for (const os::Unique_Handle& client : clients_) {
      until([&] { return os::receive(client.get(), room).value_or(1) == 0; });
    }
    clients_.clear();
    until([&] { return released.load(); });
  }

  /// Whatever fills the queue of a reactor, the end of a service gets there.
  void a_drain_finds_room_in_a_full_queue() {
    end();
    open_reactors(1, {.post_capacity = 16});
    listen({.accept = Accept_Mode::reuseport});
    start();
    for (int i = 0; i < 5; ++i) connect();
    for (const os::Unique_Handle& client : clients_) expect_echo(client.get());
    std::latch blocked{1}, go{1};
    CPPUNIT_ASSERT(pool_->serving()[0]->post([&] {
      blocked.count_down();
      go.wait();
    }).has_value());
    blocked.wait();
    while (pool_->serving()[0]->post([] {})) {
    }
    std::latch asked{1};
    CPPUNIT_ASSERT(main_->post([&] {
      acceptor_->close();
      service_->drain();
      asked.count_down();
    }).has_value());
    asked.wait();
    go.count_down();
    until([&] { return service_->idle(); });  // the listener has ended, too
  }

  /// A reactor is in a long upcall, and its queue is full.
  void fault_18_who_cannot_be_handed_over_is_dropped_and_the_listener_lives() {
    for (const Accept_Mode mode : {Accept_Mode::handoff, Accept_Mode::least_loaded}) {
      end();
      open_reactors(1, {.post_capacity = 16});
      listen({.accept = mode});
      start();
      std::latch blocked{1}, go{1};
      CPPUNIT_ASSERT(pool_->serving()[0]->post([&] {
        blocked.count_down();
        go.wait();
      }).has_value());
      blocked.wait();
      for (int i = 0; i < 40; ++i) connect();
      until([&] { return service_->metrics().accept_errors.value() != 0; });
      go.count_down();
      std::size_t dropped = 0;
      std::byte room[8];
      for (const os::Unique_Handle& client : clients_) {
        until([&] {
          (void)os::send(client.get(), strata::as_bytes("x"));
          const auto got = os::receive(client.get(), room);
          if (!got && got.error() == std::errc::operation_would_block) return false;
          dropped += !got || *got == 0 ? 1 : 0;
          return true;
        });
      }
      CPPUNIT_ASSERT_EQUAL(service_->metrics().accept_errors.value(), std::uint64_t{dropped});
      CPPUNIT_ASSERT(dropped < 40);
      connect();
      expect_echo(clients_.back().get());
    }
  }

 private:
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
  std::unique_ptr<Reactor> main_;
  std::optional<strata::Service> service_;
  std::unique_ptr<strata::Reactor_Pool> pool_;
  std::optional<strata::Acceptor<Echo>> acceptor_;
  os::Socket_Address address_;
  std::vector<os::Unique_Handle> clients_;
  os::Thread runner_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Spread_Test);

}  // namespace
