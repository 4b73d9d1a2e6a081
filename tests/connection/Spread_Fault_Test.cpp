// SPDX-License-Identifier: Apache-2.0
// Reactors that fail, do not start, or have no room, where a service is spread over several (faults 3, 18).
#include <strata/connection/Service.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <latch>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <strata/concurrency/Thread_Pool.h>
#include <strata/connection/Offload.h>

#include "Spread_Rig.h"

namespace {

using namespace strata_test;

/// A reactor stands in an upcall, from the constructor on.
class Long_Upcall {
 public:
  explicit Long_Upcall(Reactor& reactor) {
    CPPUNIT_ASSERT(reactor.post([this] {
      thread_ = os::current_thread();
      begun_.count_down();
      end_.wait();
    }).has_value());
    begun_.wait();
  }
  std::uint64_t thread() const { return thread_; }
  void end() { end_.count_down(); }

 private:
  std::uint64_t thread_ = 0;
  std::latch begun_{1}, end_{1};
};

class Spread_Fault_Test : public Spread_Rig {
  CPPUNIT_TEST_SUITE(Spread_Fault_Test);
  CPPUNIT_TEST(a_reactor_that_fails_costs_its_connections_alone);
  CPPUNIT_TEST(work_given_away_does_not_keep_a_service_whose_reactor_has_failed);
  CPPUNIT_TEST(a_start_that_fails_leaves_no_connection);
  CPPUNIT_TEST(who_awaits_the_last_is_told_at_home_though_that_does_not_run);
  CPPUNIT_TEST(a_drain_finds_room_in_a_full_queue);
  CPPUNIT_TEST(fault_18_who_cannot_be_handed_over_is_dropped_and_the_listener_lives);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_reactor_that_fails_costs_its_connections_alone() {
    on_each_engine([this] { try_a_reactor_that_fails(); });
  }
  /// The connection has closed with its reactor; its object waits for the work, and must not wait for ever then.
  void work_given_away_does_not_keep_a_service_whose_reactor_has_failed() {
    static std::atomic<bool> fails, begun, go;
    fails = begun = go = false;
    static std::atomic<std::uint64_t> runner;
    class Gives final : public strata::Svc_Handler {
      Result<> handle_data(Bytes) override {
        return offload([] {
          begun = true;
          while (!go) std::this_thread::yield();
        }, [] {});
      }
    };
    os::Operations table = os::operations();
    table.epoll_wait = [](os::Handle epoll, epoll_event* events, int capacity, strata::Duration timeout) -> os::Raw {
      if (fails && runner == os::current_thread()) return -static_cast<os::Raw>(std::errc::io_error);
      return os::native_operations().epoll_wait(epoll, events, capacity, timeout);
    };
    const os::Operations_Scope scope{table};
    end();
    open_reactors(2, {.demultiplexer = "epoll"});
    auto workers = std::move(*strata::Thread_Pool::open({.threads = 1}));
    service_->set_workers(workers.get());
    strata::Acceptor<Gives> giver{*service_};
    const std::array any{os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0)};
    CPPUNIT_ASSERT(giver.open(any, {.accept = Accept_Mode::handoff}).has_value());
    address_ = giver.addresses()[0];
    pool_->when_failed([](Reactor& failed, std::error_code error) { failed.end(error); });
    CPPUNIT_ASSERT(workers->start().has_value());
    start();
    connect();  // the first in turn
    until([&] {
      (void)os::send(clients_[0].get(), strata::as_bytes("x"));
      return begun.load();
    });
    Reactor& sick = *pool_->serving()[0];
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, service_->connections_in(sick));
    CPPUNIT_ASSERT(sick.post([] { runner = os::current_thread(), fails = true; }).has_value());
    until([&] { return sick.ended(); });
    go = true;
    until([&] { return workers->running() == 0; });
    std::string failure;
    try {
      until([&] { return service_->connections() == 0; });
    } catch (const CppUnit::Exception& e) {
      failure = e.what();
    }
    std::latch closed{1};
    (void)main_->post([&] {
      giver.close();
      closed.count_down();
    });
    closed.wait();
    main_->stop();
    runner_.join();
    workers->stop();
    clients_.clear();
    pool_.reset();  // frees it at last
    CPPUNIT_ASSERT_EQUAL(std::string{}, failure);
  }

  /// As Daemon_Run does it: the service ends while nobody but the main loop turns the reactors.
  void a_start_that_fails_leaves_no_connection() {
    static std::atomic<int> starts;
    static std::atomic<bool> served;
    starts = 0;
    served = false;
    static Spread_Fault_Test* self;
    self = this;
    listen({.accept = Accept_Mode::reuseport});
    for (int i = 0; i < 60; ++i) connect();  // they wait in the queues of all three
    os::Operations table = os::operations();
    table.thread_start = [](const os::Thread_Start& start) -> os::Raw {
      if (++starts < 3) return os::native_operations().thread_start(start);
      self->until([] { return self->service_->connections() != 0; });  // what runs by now has accepted some
      return -static_cast<os::Raw>(std::errc::resource_unavailable_try_again);
    };
    {
      const os::Operations_Scope scope{table};
      CPPUNIT_ASSERT(!pool_->start());
    }
    strata::Timer turning = main_->schedule({}, [this] {
      for (Reactor* one : pool_->serving()) (void)one->poll();
    }, 1ms);
    acceptor_->close();
    service_->close_all(strata::errc::stopping);
    for (int i = 0; i < 200 && !service_->idle(); ++i) (void)main_->run_for(5ms);
    const std::size_t left = service_->connections();
    turning.cancel();
    acceptor_.reset();
    pool_.reset();  // closes them by force
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, left);
  }

  /// Service::when_released: on the strand of home. Before its run, and after one that has failed, that is its owner's.
  void who_awaits_the_last_is_told_at_home_though_that_does_not_run() {
    listen({.accept = Accept_Mode::reuseport});
    std::atomic<std::uint64_t> told{0};
    service_->when_released([&] { told = os::current_thread(); });
    CPPUNIT_ASSERT(pool_->start().has_value());  // and main_ does not run yet
    connect();
    expect_echo(clients_[0].get());
    clients_.clear();
    until([&] { return service_->connections() == 0; });
    until([&] {
      (void)main_->poll();
      return told != 0;
    });
    service_->when_released({});
    acceptor_->close();
    until([&] { return service_->idle(); });
    CPPUNIT_ASSERT_EQUAL(os::current_thread(), told.load());
  }

  /// Whatever fills the queue of a reactor, the end of a service gets there.
  void a_drain_finds_room_in_a_full_queue() {
    end();
    open_reactors(1, {.post_capacity = 16});
    listen({.accept = Accept_Mode::reuseport});
    start();
    for (int i = 0; i < 5; ++i) connect();
    for (const os::Unique_Handle& client : clients_) expect_echo(client.get());
    Long_Upcall upcall{*pool_->serving()[0]};
    while (pool_->serving()[0]->post([] {})) {
    }
    std::latch asked{1};
    CPPUNIT_ASSERT(main_->post([&] {
      acceptor_->close();
      service_->drain();
      asked.count_down();
    }).has_value());
    asked.wait();
    upcall.end();
    until([&] { return service_->idle(); });  // the listener has ended, too
  }

  /// A reactor is in a long upcall, and its queue is full.
  void fault_18_who_cannot_be_handed_over_is_dropped_and_the_listener_lives() {
    for (const Accept_Mode mode : {Accept_Mode::handoff, Accept_Mode::least_loaded}) {
      end();
      open_reactors(1, {.post_capacity = 16});
      listen({.accept = mode});
      start();
      Long_Upcall upcall{*pool_->serving()[0]};
      for (int i = 0; i < 40; ++i) connect();
      until([&] { return service_->metrics().accept_errors.value() != 0; });
      upcall.end();
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
  void try_a_reactor_that_fails() {
    for (const Accept_Mode mode :
         {Accept_Mode::handoff, Accept_Mode::least_loaded, Accept_Mode::reuseport, Accept_Mode::exclusive}) {
      static std::atomic<std::uint64_t> failing;  // a thread
      failing = 0;
      os::Operations table = os::operations();
      table.epoll_wait = [](os::Handle epoll, epoll_event* events, int capacity, strata::Duration timeout) -> os::Raw {
        if (failing == os::current_thread()) return -static_cast<os::Raw>(std::errc::io_error);
        return os::native_operations().epoll_wait(epoll, events, capacity, timeout);
      };
      table.ring_enter = [](io_uring* ring, unsigned wanted, strata::Duration timeout) -> os::Raw {
        if (failing == os::current_thread()) return -static_cast<os::Raw>(std::errc::io_error);
        return os::native_operations().ring_enter(ring, wanted, timeout);
      };
      const os::Operations_Scope scope{table};
      end();
      open_reactors(3, {.demultiplexer = "epoll"});
      pool_->when_failed([](Reactor& failed, std::error_code error) { failed.end(error); });
      listen({.accept = mode});
      start();
      for (int i = 0; i < 30; ++i) {
        connect();
        expect_echo(clients_.back().get());
      }
      const auto most = [this](const Reactor* one) { return service_->connections_in(*one); };
      Reactor& sick = **std::ranges::max_element(pool_->serving(), {}, most);
      const std::size_t before = clients_.size(), lost = service_->connections_in(sick);
      Long_Upcall upcall{sick};
      failing = upcall.thread();
      if (mode == Accept_Mode::reuseport) {
        for (int i = 0; i < 30; ++i) connect();  // some of them are in its queue, which another takes over
      }
      upcall.end();
      until([&] { return sick.ended(); });
      until([&] { return service_->connections_in(sick) == 0; });
      CPPUNIT_ASSERT(sick.post([] {}).error() == strata::errc::stopping);

      std::size_t gone = 0;
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (i >= before || lives(clients_[i].get())) {
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
};

CPPUNIT_TEST_SUITE_REGISTRATION(Spread_Fault_Test);

}  // namespace
