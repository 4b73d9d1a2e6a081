// SPDX-License-Identifier: Apache-2.0
// A service whose connections are spread over several reactors, with real threads, in each mode of accepting.
#include <strata/connection/Acceptor.h>

#include <algorithm>
#include <array>
#include <atomic>

#include <cppunit/extensions/HelperMacros.h>

#include "Spread_Rig.h"

namespace {

using namespace strata_test;

class Spread_Test : public Spread_Rig {
  CPPUNIT_TEST_SUITE(Spread_Test);
  CPPUNIT_TEST(every_mode_serves_all);
  CPPUNIT_TEST(in_turn_and_by_load_all_have_as_many);
  CPPUNIT_TEST(by_load_the_emptiest_is_filled_up);
  CPPUNIT_TEST(the_cap_holds_for_all_reactors_together);
  CPPUNIT_TEST(a_source_that_asks_for_too_many_is_reset);
  CPPUNIT_TEST(who_waits_in_a_queue_is_accepted_at_the_end);
  CPPUNIT_TEST(an_address_in_use_is_refused_to_a_group);
  CPPUNIT_TEST(a_drain_ends_the_connections_of_all);
  CPPUNIT_TEST_SUITE_END();

 public:
  void every_mode_serves_all() {
    on_each_engine([this] {
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
    });
  }

  void in_turn_and_by_load_all_have_as_many() {
    on_each_engine([this] {
      for (const Accept_Mode mode : {Accept_Mode::handoff, Accept_Mode::least_loaded}) {
        listen({.accept = mode});
        start();
        for (int i = 0; i < 30; ++i) connect();
        const auto ten = [&](const Reactor* one) { return service_->connections_in(*one) == 10; };
        until([&] { return std::ranges::all_of(pool_->serving(), ten); });
        tearDown();
        setUp();
      }
    });
  }

  void by_load_the_emptiest_is_filled_up() {
    on_each_engine([this] {
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
    });
  }

  void the_cap_holds_for_all_reactors_together() {
    on_each_engine([this] {
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
    });
  }

  void a_source_that_asks_for_too_many_is_reset() {
    on_each_engine([this] {
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
    });
  }

  void who_waits_in_a_queue_is_accepted_at_the_end() {
    on_each_engine([this] {
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
    });
  }

  void an_address_in_use_is_refused_to_a_group() {
    on_each_engine([this] {
      listen({.accept = Accept_Mode::reuseport});
      strata::Acceptor<Home_Echo> second{*service_};
      const auto opened = second.open(std::array{address_}, {.accept = Accept_Mode::reuseport});
      CPPUNIT_ASSERT(!opened && opened.error().code == std::errc::address_in_use);
    });
  }

  void a_drain_ends_the_connections_of_all() {
    on_each_engine([this] {
      listen({.accept = Accept_Mode::handoff});
      start();
      for (int i = 0; i < 30; ++i) connect();
      for (const os::Unique_Handle& client : clients_) expect_echo(client.get());
      CPPUNIT_ASSERT(main_->post([this] {
        acceptor_->close();
        service_->when_released([this] { released_ = service_->idle(); });
        service_->drain();
      }).has_value());
      std::byte room[8];
      for (const os::Unique_Handle& client : clients_) {
        until([&] { return os::receive(client.get(), room).value_or(1) == 0; });
      }
      clients_.clear();
      until([&] { return released_.load(); });
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Spread_Test);

}  // namespace
