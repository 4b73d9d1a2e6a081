// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Dgram_Handler.h>

#include <stdexcept>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Operations.h>

#include "Dgram_Rig.h"

namespace {

using namespace strata_test;
using Host = Dgram_Rig::Host;

Result<> echo(Host& host, std::string_view text, const INET_Addr& peer) { return host.put(text, peer); }

/// The next sends answer with these errors; calls are counted.
struct Sends {
  static inline std::vector<std::errc> errors;
  static inline int calls = 0;
  static os::Raw send(os::Handle handle, const os::Datagram_Out* datagrams, std::size_t count) {
    ++calls;
    if (errors.empty()) return os::native_operations().send_datagrams(handle, datagrams, count);
    const std::errc error = errors.front();
    errors.erase(errors.begin());
    return -static_cast<os::Raw>(error);
  }
  explicit Sends(std::vector<std::errc> next) {
    errors = std::move(next);
    calls = 0;
    table.send_datagrams = &send;
    scope.emplace(table);
  }
  os::Operations table = os::operations();
  std::optional<os::Operations_Scope> scope;
};

class Dgram_Handler_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Dgram_Handler_Test);
  CPPUNIT_TEST(a_datagram_is_answered);
  CPPUNIT_TEST(a_batch_is_answered_in_one_call);
  CPPUNIT_TEST(what_is_put_in_a_timer_leaves_at_the_end_of_the_turn);
  CPPUNIT_TEST(a_long_datagram_is_dropped_and_the_socket_stays);
  CPPUNIT_TEST(a_hook_that_fails_or_throws_drops_its_datagram_alone);
  CPPUNIT_TEST(a_refused_datagram_holds_up_no_other);
  CPPUNIT_TEST(an_error_of_an_earlier_datagram_leaves_the_socket_open);
  CPPUNIT_TEST(while_the_system_takes_nothing_nothing_is_read);
  CPPUNIT_TEST(the_queue_is_bounded);
  CPPUNIT_TEST(a_budget_without_room_sheds_what_waits);
  CPPUNIT_TEST(the_rate_is_kept);
  CPPUNIT_TEST(a_reflector_answers_no_low_port);
  CPPUNIT_TEST(suspended_it_gets_its_datagrams_later);
  CPPUNIT_TEST(closed_in_its_hook_it_gets_no_more);
  CPPUNIT_TEST(drain_sends_what_waits_and_closes);
  CPPUNIT_TEST(an_open_that_fails_fails_the_server);
  CPPUNIT_TEST(a_lost_descriptor_closes_it_once);
  CPPUNIT_TEST_SUITE_END();

  template <class Test>
  static void on_each(Test test) {
    for (const std::string_view name : os::demultiplexer_names()) {
      if (name == "auto") continue;
      Dgram_Rig rig{name};
      test(rig);
    }
  }

 public:
  void a_datagram_is_answered() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open();
      SOCK_Dgram client = rig.client();
      rig.send(client, "hello");
      CPPUNIT_ASSERT_EQUAL(std::string{"hello"}, rig.reply(client));
      rig.send(client, "");
      CPPUNIT_ASSERT_EQUAL(std::string{}, rig.reply(client));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, rig.metrics().datagrams_in.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, rig.metrics().datagrams_out.value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, rig.metrics().bytes_out.value());
    });
  }

  void a_batch_is_answered_in_one_call() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open();
      SOCK_Dgram client = rig.client();
      for (int i = 0; i < 20; ++i) rig.send(client, std::to_string(i));
      const Sends sends{{}};
      rig.expect_received(20);
      CPPUNIT_ASSERT_EQUAL(1, sends.calls);
      for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(std::to_string(i), rig.reply(client));
    });
  }

  void what_is_put_in_a_timer_leaves_at_the_end_of_the_turn() {
    on_each([](Dgram_Rig& rig) {
      rig.open();
      SOCK_Dgram client = rig.client();
      const INET_Addr to = INET_Addr::from(client.local_address().value()).value();
      const Timer timer = rig.stage->host->schedule(1ms, [&] {
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(rig.stage->host->put("tick", to));
      });
      const Sends sends{{}};
      rig.time.advance(2ms);
      for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(std::string{"tick"}, rig.reply(client));
      CPPUNIT_ASSERT_EQUAL(1, sends.calls);
    });
  }

  void a_long_datagram_is_dropped_and_the_socket_stays() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open({.datagram_size = 4});
      SOCK_Dgram client = rig.client();
      rig.send(client, "12345");
      rig.send(client, "1234");
      CPPUNIT_ASSERT_EQUAL(std::string{"1234"}, rig.reply(client));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.metrics().truncated.value());
    });
  }

  void a_hook_that_fails_or_throws_drops_its_datagram_alone() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = [](Host& host, std::string_view text, const INET_Addr& peer) -> Result<> {
        if (text == "fail") return fail(std::errc::bad_message);
        if (text == "throw") throw std::runtime_error{"no"};
        return host.put(text, peer);
      };
      rig.open();
      SOCK_Dgram client = rig.client();
      for (const char* text : {"fail", "throw", "good"}) rig.send(client, text);
      CPPUNIT_ASSERT_EQUAL(std::string{"good"}, rig.reply(client));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, rig.metrics().rejected.value());
    });
  }

  void a_refused_datagram_holds_up_no_other() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open();
      SOCK_Dgram client = rig.client();
      for (const char* text : {"a", "b", "c"}) rig.send(client, text);
      const Sends sends{{std::errc::connection_refused, std::errc::operation_not_permitted}};
      CPPUNIT_ASSERT_EQUAL(std::string{"c"}, rig.reply(client));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, rig.metrics().send_errors.value());
    });
  }

  void an_error_of_an_earlier_datagram_leaves_the_socket_open() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open();
      SOCK_Dgram client = rig.client(), gone = rig.client();
      // As a service that asks somebody does: connected, it hears of the peer's absence (udp(7)).
      CPPUNIT_ASSERT(os::connect(rig.stage->host->handle(), gone.local_address().value()));
      const INET_Addr to = INET_Addr::from(gone.local_address().value()).value();
      gone.close();
      CPPUNIT_ASSERT(rig.stage->host->put("?", to));
      rig.until([&] { return rig.metrics().receive_errors.value() + rig.metrics().send_errors.value() == 1; });
      CPPUNIT_ASSERT(os::connect(rig.stage->host->handle(), client.local_address().value()));
      rig.send(client, "still there");
      CPPUNIT_ASSERT_EQUAL(std::string{"still there"}, rig.reply(client));
    });
  }

  void while_the_system_takes_nothing_nothing_is_read() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open({.batch = 1});
      SOCK_Dgram client = rig.client();
      rig.send(client, "a");
      rig.send(client, "b");
      {
        const Sends sends{std::vector(50, std::errc::operation_would_block)};
        rig.turns(20);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->received.size());
        CPPUNIT_ASSERT(rig.stage->host->queued() != 0);
        CPPUNIT_ASSERT_EQUAL(rig.stage->host->queued(), rig.process.used());
      }
      CPPUNIT_ASSERT_EQUAL(std::string{"a"}, rig.reply(client));
      CPPUNIT_ASSERT_EQUAL(std::string{"b"}, rig.reply(client));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.process.used());
    });
  }

  void the_queue_is_bounded() {
    on_each([](Dgram_Rig& rig) {
      rig.open({.high_water = 1000});
      const INET_Addr to{std::array<std::uint8_t, 4>{127, 0, 0, 1}, 9};
      int taken = 0;
      while (rig.stage->host->put("", to)) ++taken;  // empty ones count, too
      CPPUNIT_ASSERT(taken > 0 && taken <= 1000 / 24);
      CPPUNIT_ASSERT(rig.stage->host->put("", to).error() == std::errc::no_buffer_space);
      const std::string huge(os::max_datagram + 1, 'x');
      CPPUNIT_ASSERT(rig.stage->host->put(huge, to).error() == std::errc::message_size);
    });
  }

  void a_budget_without_room_sheds_what_waits() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open();
      CPPUNIT_ASSERT(rig.process.charge(Budget::unlimited - 10));
      SOCK_Dgram client = rig.client();
      rig.send(client, "lost");
      {
        const Sends sends{{std::errc::operation_would_block}};
        rig.until([&] { return rig.metrics().shed.value() == 1; });
      }
      rig.process.release(Budget::unlimited - 10);
      rig.send(client, "kept");
      CPPUNIT_ASSERT_EQUAL(std::string{"kept"}, rig.reply(client));
    });
  }

  void the_rate_is_kept() {
    on_each([](Dgram_Rig& rig) {
      rig.open({.rate = 5});
      SOCK_Dgram client = rig.client();
      for (int i = 0; i < 20; ++i) rig.send(client, "x");
      rig.until([&] { return rig.metrics().datagrams_in.value() == 20; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{5}, rig.stage->received.size());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{15}, rig.metrics().shed.value());
      rig.time.advance(400ms);
      for (int i = 0; i < 20; ++i) rig.send(client, "x");
      rig.until([&] { return rig.metrics().datagrams_in.value() == 40; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{7}, rig.stage->received.size());
    });
  }

  void a_reflector_answers_no_low_port() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open<Dgram_Rig::Reflector>();
      SOCK_Dgram client = rig.client();
      os::Operations table = os::operations();
      table.receive_datagrams = [](os::Handle handle, os::Datagram_In* slots, std::size_t count) {
        const os::Raw came = os::native_operations().receive_datagrams(handle, slots, count);
        if (came > 0) slots[0].peer.set_port(19);  // chargen's, forged
        return came;
      };
      rig.send(client, "?");
      {
        const os::Operations_Scope scope{table};
        rig.until([&] { return rig.metrics().shed.value() == 1; });
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->received.size());
      rig.send(client, "!");
      CPPUNIT_ASSERT_EQUAL(std::string{"!"}, rig.reply(client));
    });
  }

  void suspended_it_gets_its_datagrams_later() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open();
      SOCK_Dgram client = rig.client();
      rig.stage->host->suspend();
      rig.send(client, "later");
      rig.turns(10);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->received.size());
      rig.stage->host->resume();
      CPPUNIT_ASSERT_EQUAL(std::string{"later"}, rig.reply(client));
    });
  }

  void closed_in_its_hook_it_gets_no_more() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = [](Host& host, std::string_view, const INET_Addr&) -> Result<> {
        host.close(make_error_code(errc::canceled));
        return {};
      };
      rig.open();
      SOCK_Dgram client = rig.client();
      for (int i = 0; i < 5; ++i) rig.send(client, "x");
      rig.expect_received(1);
      rig.turns(5);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->received.size());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->reasons.size());
      CPPUNIT_ASSERT(rig.stage->reasons.front() == make_error_code(errc::canceled));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
    });
  }

  void drain_sends_what_waits_and_closes() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_datagram = echo;
      rig.open();
      SOCK_Dgram client = rig.client();
      rig.send(client, "last");
      {
        const Sends sends{{std::errc::operation_would_block}};
        rig.expect_received(1);
        rig.stage->drain();
      }
      CPPUNIT_ASSERT_EQUAL(std::string{"last"}, rig.reply(client));
      rig.until([&] { return rig.stage->connections() == 0; });
      CPPUNIT_ASSERT(rig.stage->reasons.at(0) == make_error_code(errc::stopping));
    });
  }

  void an_open_that_fails_fails_the_server() {
    on_each([](Dgram_Rig& rig) {
      rig.stage->on_open = [](Host&) -> Result<> { return fail(std::errc::no_such_file_or_directory); };
      rig.server = std::make_unique<Dgram_Server<Host>>(*rig.stage);
      const std::array any{os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 0)};
      const Outcome<> opened = rig.server->open(any);
      CPPUNIT_ASSERT(opened.error().code == std::errc::no_such_file_or_directory);
      rig.turns(1);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
    });
  }

  void a_lost_descriptor_closes_it_once() {
    on_each([](Dgram_Rig& rig) {
      rig.open();
      SOCK_Dgram client = rig.client();
      os::Operations table = os::operations();
      table.receive_datagrams = [](os::Handle, os::Datagram_In*, std::size_t) {
        return -static_cast<os::Raw>(std::errc::bad_file_descriptor);
      };
      rig.send(client, "x");
      const os::Operations_Scope scope{table};
      rig.until([&] { return !rig.stage->reasons.empty(); });
      CPPUNIT_ASSERT(rig.stage->reasons.at(0) == std::make_error_code(std::errc::bad_file_descriptor));
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Dgram_Handler_Test);
