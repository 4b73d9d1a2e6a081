// SPDX-License-Identifier: Apache-2.0
// Service_Handlers as connections of a service; what a Listener does has its tests in tests/connection.
#include <strata/proactor/Asynch_Acceptor.h>

#include <deque>
#include <string>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "Asynch_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;
using strata::Proactor;
using strata::Service;

class Unable final : public strata::Service_Handler {
 public:
  Unable() { throw std::runtime_error{"of the test"}; }
};

class Of_A_Service final : public strata::Service_Handler {
 public:
  explicit Of_A_Service(Service& service) { made_for = service.name(); }
  static inline std::string made_for;
};
class Of_A_Proactor final : public strata::Service_Handler {
 public:
  explicit Of_A_Proactor(Proactor& proactor) { made_for = &proactor.reactor(); }
  static inline strata::Reactor* made_for = nullptr;
};

class Throwing final : public strata::Service_Handler {
  Result<> open() override { return read(100); }
  Result<> handle_read(Completed) override { throw std::runtime_error{"of the test"}; }
};

/// Stays until it is closed from outside.
class Clinging final : public strata::Service_Handler {
 public:
  static inline std::error_code why;

 private:
  Result<> open() override { return read(100); }
  void handle_drain() override {}
  void handle_close(std::error_code reason) noexcept override { why = reason; }
};

/// Answers each read with as many bytes as `size` says, in two writes.
class Generous final : public strata::Service_Handler {
 public:
  static inline std::size_t size = 0;
  static inline std::error_code refused;

 private:
  Result<> open() override { return read(100); }
  Result<> handle_read(Completed) override {
    for (int i = 0; i < 2; ++i) {
      auto block = Message_Block::make(size);
      (void)block->commit(size);
      if (const Result<> written = write(std::move(*block)); !written) refused = written.error();
    }
    return {};
  }
};

/// Answers what it has read into a pipe with two messages at once, and that; one behind the other, if there is room.
class Relaying final : public strata::Service_Handler {
 public:
  static inline std::vector<std::error_code> refused;

 private:
  Result<> open() override { return read(*strata::Pipe_Block::make()); }
  Result<> handle_read(Completed got) override {
    refused.clear();
    note(write(block_of(std::string(9'000, 'x'))));
    note(send_datagrams(messages()));
    note(write(std::move(got.pipe)));
    return {};
  }
  static strata::Datagrams messages() {
    strata::Datagrams made(2);
    for (strata::Datagram& each : made) each.block = block_of(std::string(500, 'y'));
    return made;
  }
  static void note(const Result<>& done) { refused.push_back(done ? std::error_code{} : done.error()); }
};

/// Answers each message twice.
class Batches final : public strata::Service_Handler {
  Result<> open() override { return receive(); }
  Result<> handle_read(Completed got) override {
    const std::string text = text_of(got.datagrams.front().block);
    strata::Datagrams twice(2);
    for (strata::Datagram& each : twice) each.block = block_of(text);
    const Result<> sent = send_datagrams(std::move(twice));
    return sent ? receive() : sent;
  }
  Result<> receive() {
    strata::Datagrams rooms(1);
    rooms.front().block = *Message_Block::make(100);
    return receive_datagrams(std::move(rooms));
  }
};

/// Reads anew whenever its read is canceled.
class Stubborn final : public strata::Service_Handler {
  Result<> open() override { return read(100); }
  Result<> handle_failure(Completed failed) override {
    return failed.error == errc::canceled ? read(100) : strata::fail(failed.error);
  }
};

/// Has a timer beside its read, and says when that was ended.
class Timed final : public strata::Service_Handler {
  Result<> open() override {
    (void)wait(1h);
    return read(100);
  }
  Result<> handle_failure(Completed failed) override {
    if (failed.kind != strata::Operation_Kind::read) return {};
    return write(*Message_Block::copy(strata::as_bytes(std::string_view{"read"})));
  }
};

class Asynch_Acceptor_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Asynch_Acceptor_Test);
  CPPUNIT_TEST(each_connection_gets_a_handler);
  CPPUNIT_TEST(a_handler_is_made_of_what_its_constructor_takes);
  CPPUNIT_TEST(a_handler_that_cannot_be_made_costs_its_connection);
  CPPUNIT_TEST(a_hook_that_throws_costs_its_connection);
  CPPUNIT_TEST(at_the_cap_peers_wait_for_one_to_go);
  CPPUNIT_TEST(a_source_may_have_so_many);
  CPPUNIT_TEST(bytes_and_connections_are_counted);
  CPPUNIT_TEST(one_that_is_idle_is_closed);
  CPPUNIT_TEST(a_byte_either_way_keeps_it);
  CPPUNIT_TEST(what_waits_for_a_peer_is_charged);
  CPPUNIT_TEST(so_are_datagrams_and_pipes);
  CPPUNIT_TEST(bytes_of_datagrams_are_counted);
  CPPUNIT_TEST(a_drain_ends_who_waits_for_a_peer);
  CPPUNIT_TEST(a_drain_answers_what_has_arrived);
  CPPUNIT_TEST(a_drain_sends_what_was_written);
  CPPUNIT_TEST(a_drain_ends_who_reads_anew);
  CPPUNIT_TEST(a_drain_awaits_the_read_of_one_that_has_a_timer);
  CPPUNIT_TEST(one_that_clings_is_cut_off);
  CPPUNIT_TEST(an_address_in_use_is_an_error_with_its_name);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_connection_gets_a_handler() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Echo> echo{rig};
      std::deque<os::Unique_Handle> clients;
      for (int i = 0; i < 20; ++i) clients.push_back(echo.connected());
      for (const os::Unique_Handle& client : clients) {
        echo.send(client, "hello");
        echo.expect(client, "hello");
      }
    });
  }

  void a_handler_is_made_of_what_its_constructor_takes() {
    on_each_engine([](Rig& rig) {
      Of_A_Service::made_for.clear();
      Of_A_Proactor::made_for = nullptr;
      Asynch_Service<Of_A_Service> of_a_service{rig};
      Asynch_Service<Of_A_Proactor> of_a_proactor{rig};
      const os::Unique_Handle one = of_a_service.connected(), other = of_a_proactor.connected();
      CPPUNIT_ASSERT_EQUAL(std::string{"test"}, Of_A_Service::made_for);
      CPPUNIT_ASSERT(Of_A_Proactor::made_for == rig.reactor.get());
    });
  }

  void a_handler_that_cannot_be_made_costs_its_connection() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Unable> unable{rig};
      for (int i = 0; i < 3; ++i) unable.expect_end(unable.connect());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, unable.service.connections());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, unable.acceptor->addresses().size());
    });
  }

  void a_hook_that_throws_costs_its_connection() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Throwing> throwing{rig};
      const os::Unique_Handle bystander = throwing.connected(), client = throwing.connected();
      throwing.send(client, "x");
      throwing.expect_end(client);
      rig.until([&] { return throwing.service.connections() == 1; });
    });
  }

  void at_the_cap_peers_wait_for_one_to_go() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Echo> echo{rig, {.max_connections = 2}};
      os::Unique_Handle first = echo.connected(), second = echo.connected();
      const os::Unique_Handle third = echo.connect();
      echo.send(third, "waited");
      for (int i = 0; i < 8; ++i) rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, echo.service.connections());
      first.reset();
      echo.expect(third, "waited");
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, echo.service.connections());
    });
  }

  void a_source_may_have_so_many() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Echo> echo{rig, {.max_per_source = 1}};
      os::Unique_Handle first = echo.connected();
      echo.expect_end(echo.connect());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, echo.service.metrics().shed.value());
      first.reset();
      rig.until([&] { return echo.service.connections() == 0; });
      const os::Unique_Handle next = echo.connected();
      echo.send(next, "x");
      echo.expect(next, "x");
    });
  }

  void bytes_and_connections_are_counted() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Echo> echo{rig};
      os::Unique_Handle client = echo.connected();
      echo.send(client, "hello");
      echo.expect(client, "hello");
      client.reset();
      rig.until([&] { return echo.service.connections() == 0; });
      const auto& metrics = echo.service.metrics();
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, metrics.bytes_in.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, metrics.bytes_out.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, metrics.accepted.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, metrics.closed.value());
    });
  }

  void bytes_of_datagrams_are_counted() {
    on_each_real_engine([](Rig& rig) {
      Asynch_Service<Batches> batches{rig};
      const os::Unique_Handle client = batches.connected();
      batches.send(client, "hello");
      batches.expect(client, "hellohello");
      rig.until([&] { return batches.service.metrics().bytes_out.value() != 0; });
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, batches.service.metrics().bytes_in.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{10}, batches.service.metrics().bytes_out.value());
    });
  }

  void one_that_is_idle_is_closed() {
    on_each_engine([](Rig& rig) {
      Clinging::why = {};
      Asynch_Service<Clinging> clinging{rig, {}, {.idle_timeout = 50ms}};
      const os::Unique_Handle client = clinging.connected();
      CPPUNIT_ASSERT(rig.reactor->run_for(100ms).has_value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, clinging.service.connections());
      CPPUNIT_ASSERT(Clinging::why == errc::idle_timeout);
    });
  }

  void a_byte_either_way_keeps_it() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Echo> echo{rig, {}, {.idle_timeout = 100ms}};
      const os::Unique_Handle client = echo.connected();
      for (int i = 0; i < 3; ++i) {
        CPPUNIT_ASSERT(rig.reactor->run_for(60ms).has_value());
        echo.send(client, "x");
        echo.expect(client, "x");
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, echo.service.connections());
      }
      CPPUNIT_ASSERT(rig.reactor->run_for(200ms).has_value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, echo.service.connections());
    });
  }

  void what_waits_for_a_peer_is_charged() {
    on_each_engine([](Rig& rig) {
      Generous::size = 8'000'000;  // more than a peer takes unasked
      Generous::refused = {};
      Asynch_Service<Generous> generous{rig, {}, {}, 10'000'000};
      os::Unique_Handle client = generous.connected();
      generous.send(client, "x");
      rig.until([] { return static_cast<bool>(Generous::refused); });
      CPPUNIT_ASSERT(Generous::refused == std::errc::no_buffer_space);
      CPPUNIT_ASSERT_EQUAL(std::size_t{8'000'000}, generous.service.budget().used());
      client.reset();
      rig.until([&] { return generous.service.connections() == 0; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, generous.service.budget().used());
    });
  }

  void so_are_datagrams_and_pipes() {
    on_each_real_engine([](Rig& rig) {
      const auto full = std::make_error_code(std::errc::no_buffer_space);
      const std::vector<std::pair<std::size_t, std::vector<std::error_code>>> limits{
          {9'999, {{}, full, {}}}, {10'000, {{}, {}, full}}, {10'001, {{}, {}, {}}}};
      for (const auto& [limit, refused] : limits) {
        Asynch_Service<Relaying> relaying{rig, {}, {}, limit};
        os::Unique_Handle client = relaying.connected();
        relaying.send(client, "z");
        std::string all(9'000, 'x');
        if (limit != 9'999) all += std::string(1'000, 'y');
        if (limit != 10'000) all += 'z';
        relaying.expect(client, all);
        CPPUNIT_ASSERT(refused == Relaying::refused);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{all.size()}, relaying.service.metrics().bytes_out.value());
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, relaying.service.budget().used());
      }
    });
  }

  void a_drain_ends_who_waits_for_a_peer() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Echo> echo{rig};
      const os::Unique_Handle client = echo.connected(), other = echo.connected();
      echo.send(client, "x");
      echo.expect(client, "x");
      echo.service.drain();
      echo.expect_end(client);
      echo.expect_end(other);
      rig.until([&] { return echo.service.idle(); });
    });
  }

  void a_drain_answers_what_has_arrived() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Echo> echo{rig};
      const os::Unique_Handle client = echo.connected();
      echo.send(client, "last");
      if (rig.backend.simulator() != nullptr) rig.backend.advance(10ms);  // its network takes time
      echo.service.drain();
      echo.expect(client, "last");
      echo.expect_end(client);
      rig.until([&] { return echo.service.idle(); });
    });
  }

  void a_drain_sends_what_was_written() {
    on_each_engine([](Rig& rig) {
      Generous::size = 4'000'000;
      Asynch_Service<Generous> generous{rig};
      const os::Unique_Handle client = generous.connected();
      generous.send(client, "x");
      rig.until([&] { return generous.service.metrics().bytes_in.value() == 1; });
      generous.service.drain();
      std::size_t got = 0;
      bool ended = false;
      rig.until([&] {
        std::array<std::byte, 65'536> room;
        const auto size = os::receive(client.get(), room);
        got += size.value_or(0);
        ended = size ? *size == 0 : size.error() != std::errc::operation_would_block;
        return ended;
      });
      CPPUNIT_ASSERT_EQUAL(std::size_t{8'000'000}, got);
      rig.until([&] { return generous.service.idle(); });
    });
  }

  void a_drain_ends_who_reads_anew() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Stubborn> stubborn{rig};
      const os::Unique_Handle client = stubborn.connected();
      stubborn.service.drain();
      rig.until([&] { return stubborn.service.idle(); });
    });
  }

  void a_drain_awaits_the_read_of_one_that_has_a_timer() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Timed> timed{rig};
      const os::Unique_Handle client = timed.connected();
      timed.service.drain();
      timed.expect(client, "read");
      timed.expect_end(client);
      rig.until([&] { return timed.service.idle(); });
    });
  }

  void one_that_clings_is_cut_off() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Clinging> clinging{rig};
      const os::Unique_Handle client = clinging.connected();
      clinging.service.drain();
      for (int i = 0; i < 8; ++i) rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, clinging.service.connections());
      clinging.service.close_all(errc::stopping);
      clinging.expect_end(client);
      rig.until([&] { return clinging.service.idle(); });
      CPPUNIT_ASSERT(Clinging::why == errc::stopping);
    });
  }

  void an_address_in_use_is_an_error_with_its_name() {
    on_each_engine([](Rig& rig) {
      Asynch_Service<Echo> first{rig};
      strata::Asynch_Acceptor<Echo> second{first.service, *first.proactors};
      const auto opened = second.open(std::array{first.address});
      CPPUNIT_ASSERT(!opened && opened.error().code == std::errc::address_in_use);
      CPPUNIT_ASSERT(opened.error().what.starts_with("bind 127.0.0.1:"));
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Asynch_Acceptor_Test);

}  // namespace
