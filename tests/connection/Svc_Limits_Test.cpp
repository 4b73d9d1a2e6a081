// SPDX-License-Identifier: Apache-2.0
// Water marks, overflow policies, budgets, timeouts of a connection; peers that are slow or greedy (faults 8, 9, 10).
#include <strata/connection/Stream_Options.h>

#include <algorithm>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Bytes;
using strata::Overflow;
using Rig = Connection_Rig;

constexpr std::size_t high = 100'000;
constexpr std::size_t low = 30'000;

Rig_Options marks(Overflow overflow = Overflow::pause) {
  Rig_Options options;
  options.stream.high_water = high;
  options.stream.low_water = low;
  options.stream.overflow = overflow;
  return options;
}

/// The kernel takes nothing.
os::Raw nothing(std::size_t) { return raw(std::errc::operation_would_block); }

class Svc_Limits_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Svc_Limits_Test);
  CPPUNIT_TEST(a_peer_that_never_reads_costs_the_mark_and_one_read);
  CPPUNIT_TEST(a_paused_connection_goes_on_below_the_low_mark);
  CPPUNIT_TEST(handle_writable_comes_once_below_the_low_mark);
  CPPUNIT_TEST(handle_writable_may_put_more);
  CPPUNIT_TEST(above_the_mark_puts_from_outside_are_refused);
  CPPUNIT_TEST(above_the_mark_puts_of_its_own_hooks_are_kept);
  CPPUNIT_TEST(a_timers_puts_are_refused_above_the_mark);
  CPPUNIT_TEST(one_message_may_pass_the_mark);
  CPPUNIT_TEST(overflow_close_closes);
  CPPUNIT_TEST(overflow_close_closes_for_what_a_hook_has_put);
  CPPUNIT_TEST(overflow_shed_drops_the_message_and_counts);
  CPPUNIT_TEST(queued_bytes_are_charged_to_service_and_process);
  CPPUNIT_TEST(a_put_that_the_service_cannot_pay_is_refused);
  CPPUNIT_TEST(a_put_that_the_process_cannot_pay_is_refused);
  CPPUNIT_TEST(a_reply_that_cannot_be_paid_closes_its_connection);
  CPPUNIT_TEST(a_connection_that_dies_releases_its_charge);
  CPPUNIT_TEST(a_zero_window_is_closed_by_the_write_timeout);
  CPPUNIT_TEST(a_peer_that_takes_a_little_keeps_the_write_timeout_off);
  CPPUNIT_TEST(the_write_timeout_ends_with_the_queue);
  CPPUNIT_TEST(silence_is_closed_by_the_idle_timeout);
  CPPUNIT_TEST(received_bytes_put_the_idle_timeout_off);
  CPPUNIT_TEST(sent_bytes_put_the_idle_timeout_off);
  CPPUNIT_TEST(a_suspended_connection_is_closed_by_the_idle_timeout);
  CPPUNIT_TEST(the_idle_timeout_counts_from_the_last_byte_however_slow_they_drip);
  CPPUNIT_TEST(a_greedy_peer_leaves_others_served_each_turn);
  CPPUNIT_TEST(beside_others_that_are_ready_one_is_read_once_a_turn);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_peer_that_never_reads_costs_the_mark_and_one_read() {
    on_each_backend(marks(), [](Rig& rig) {
      rig.stage->on_data = echo;
      auto& client = rig.connect(4096);
      Rig::expect_ok(os::set_option(client.host->handle(), os::Socket_Option::send_buffer, 4096));
      const std::string chunk = pattern(10'000);
      std::size_t most = 0;
      for (int i = 0; i < 200; ++i) {
        (void)client.push(chunk);
        rig.settle();
        most = std::max(most, client.host->queued());
      }
      CPPUNIT_ASSERT(most > high);
      CPPUNIT_ASSERT(most <= high + strata::Run_Context::read_size);
    });
  }

  void a_paused_connection_goes_on_below_the_low_mark() {
    on_each_backend(marks(), [](Rig& rig) {
      rig.stage->on_data = echo;
      auto& client = rig.connect();
      std::string sent;
      {
        Seam seam;
        seam.on_send = nothing;
        while (client.host->queued() <= high) {
          sent += pattern(10'000).substr(0, client.push(pattern(10'000)));
          rig.turn();
        }
      }
      std::string_view end = "the end";
      rig.until([&] { return client.read(), end.remove_prefix(client.push(end)), end.empty(); });
      rig.expect_reply(client, sent + "the end");
    });
  }

  void handle_writable_comes_once_below_the_low_mark() {
    on_each_backend(marks(), [](Rig& rig) {
      auto& client = rig.connect();
      std::size_t at = high;
      rig.stage->on_writable = [&](Host& h) { return at = h.queued(), Result<>{}; };
      Seam seam;
      seam.on_send = [](std::size_t) { return os::Raw{10'000}; };
      Rig::expect_ok(client.host->put(pattern(high + 20'000)));
      rig.expect_reply(client, pattern(high + 20'000));
      CPPUNIT_ASSERT_EQUAL(low, at);
      CPPUNIT_ASSERT_EQUAL(std::string{"ow"}, rig.stage->diary);
    });
  }

  void handle_writable_may_put_more() {
    on_each_backend(marks(), [](Rig& rig) {
      auto& client = rig.connect();
      const std::string page = pattern(high + 1);
      int left = 5;
      Seam seam;
      seam.on_send = [](std::size_t) { return os::Raw{10'000}; };
      rig.stage->on_writable = [&](Host& h) { return left-- > 0 ? h.put(page) : Result<>{}; };
      Rig::expect_ok(client.host->put(page));
      rig.expect_reply(client, page + page + page + page + page + page);
    });
  }

  void above_the_mark_puts_from_outside_are_refused() {
    on_each_backend(marks(), [](Rig& rig) {
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = nothing;
      Rig::expect_ok(client.host->put(pattern(high)));
      Rig::expect_error(std::errc::no_buffer_space, client.host->put("x"));
      rig.settle();
      Rig::expect_error(std::errc::no_buffer_space, client.host->put("x"));
      CPPUNIT_ASSERT_EQUAL(high, client.host->queued());
    });
  }

  void above_the_mark_puts_of_its_own_hooks_are_kept() {
    on_each_backend(marks(), [](Rig& rig) {
      auto& client = rig.connect();
      rig.stage->on_data = [](Host& h, Bytes) { return h.put("answer"); };
      {
        Seam seam;
        seam.on_send = nothing;
        Rig::expect_ok(client.host->put(pattern(high)));
        client.send("?");
        rig.until([&] { return client.host->queued() == high + 6; });
      }
      rig.expect_reply(client, pattern(high) + "answer");
    });
  }

  void a_timers_puts_are_refused_above_the_mark() {
    on_each_backend(marks(), [](Rig& rig) {
      auto& client = rig.connect(4096);
      Rig::expect_ok(os::set_option(client.host->handle(), os::Socket_Option::send_buffer, 4096));
      int refused = 0;
      const auto tick = [&, h = client.host] {
        if (!h->put(pattern(10'000))) ++refused;
      };
      client.host->timer = client.host->schedule(1ms, tick, 1ms);
      rig.run_for(100ms);
      CPPUNIT_ASSERT(refused > 0);
      CPPUNIT_ASSERT(client.host->queued() <= high + 10'000);
    });
  }

  void one_message_may_pass_the_mark() {
    on_each_backend(marks(), [](Rig& rig) {
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put(more_than_the_kernel_takes()));
      rig.expect_reply(client, more_than_the_kernel_takes());
    });
  }

  void overflow_close_closes() {
    on_each_backend(marks(Overflow::close), [](Rig& rig) {
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = nothing;
      Rig::expect_ok(client.host->put(pattern(high)));
      Rig::expect_error(errc::overflow, client.host->put("x"));
      rig.expect_closed(errc::overflow);
    });
  }

  void overflow_close_closes_for_what_a_hook_has_put() {
    on_each_backend(marks(Overflow::close), [](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) { return h.put(pattern(high + 1)); };
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = nothing;
      client.send("x");
      rig.expect_closed(errc::overflow);
    });
  }

  void overflow_shed_drops_the_message_and_counts() {
    on_each_backend(marks(Overflow::shed), [](Rig& rig) {
      auto& client = rig.connect();
      {
        Seam seam;
        seam.on_send = nothing;
        Rig::expect_ok(client.host->put(pattern(high)));
        Rig::expect_error(errc::shed, client.host->put("dropped"));
      }
      rig.expect_reply(client, pattern(high));
      Rig::expect_ok(client.host->put("kept"));
      rig.expect_reply(client, pattern(high) + "kept");
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.stage->metrics().shed.value());
    });
  }

  void queued_bytes_are_charged_to_service_and_process() {
    on_each_backend([](Rig& rig) {
      auto &a = rig.connect(), &b = rig.connect();
      Rig::expect_ok(a.host->put(pattern(1000)));
      Rig::expect_ok(b.host->put(pattern(500)));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1500}, rig.stage->budget().used());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1500}, rig.process.used());
      rig.expect_reply(a, pattern(1000));
      rig.expect_reply(b, pattern(500));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.process.used());
    });
  }

  void a_put_that_the_service_cannot_pay_is_refused() {
    Rig_Options poor;
    poor.byte_limit = 1000;
    on_each_backend(poor, expect_refused);
  }

  void a_put_that_the_process_cannot_pay_is_refused() {
    Rig_Options poor;
    poor.process_limit = 1000;
    on_each_backend(poor, expect_refused);
  }

  void a_reply_that_cannot_be_paid_closes_its_connection() {
    Rig_Options poor;
    poor.process_limit = 1000;
    on_each_readiness([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) { return h.put(pattern(1001)); };
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = nothing;
      client.send("x");
      rig.expect_closed(errc::shed);
    }, poor);
  }

  void a_connection_that_dies_releases_its_charge() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = nothing;
      Rig::expect_ok(client.host->put(pattern(1000)));
      client.host->close(errc::canceled);
      rig.expect_closed(errc::canceled);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.process.used());
    });
  }

  void a_zero_window_is_closed_by_the_write_timeout() {
    on_each_backend(timed(0ms, 500ms), [](Rig& rig) {
      auto& client = rig.connect(4096);
      Rig::expect_ok(client.host->put(more_than_the_kernel_takes()));
      rig.settle();
      rig.run_for(490ms);
      rig.expect_open();
      rig.run_for(20ms);
      rig.expect_closed(errc::write_timeout);
    });
  }

  void a_peer_that_takes_a_little_keeps_the_write_timeout_off() {
    on_each_backend(timed(0ms, 100ms), [](Rig& rig) {
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put(more_than_the_kernel_takes() + more_than_the_kernel_takes()));
      rig.settle();
      for (int i = 0; i < 4; ++i) {
        rig.run_for(90ms);
        const std::size_t before = client.host->queued();
        rig.until([&] { return client.read(10'000), client.host->queued() < before; });
      }
      rig.expect_open();
      rig.run_for(101ms);
      rig.expect_closed(errc::write_timeout);
    });
  }

  void the_write_timeout_ends_with_the_queue() {
    on_each_backend(timed(0ms, 100ms), [](Rig& rig) {
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put("quick"));
      rig.expect_reply(client, "quick");
      rig.run_for(1s);
      rig.expect_open();
    });
  }

  void silence_is_closed_by_the_idle_timeout() {
    on_each_backend(timed(100ms, 0ms), [](Rig& rig) {
      rig.connect();
      rig.run_for(95ms);
      rig.expect_open();
      rig.run_for(10ms);
      rig.expect_closed(errc::idle_timeout);
    });
  }

  void received_bytes_put_the_idle_timeout_off() {
    on_each_backend(timed(100ms, 0ms), [](Rig& rig) {
      auto& client = rig.connect();
      for (std::size_t i = 1; i <= 10; ++i) {
        rig.run_for(90ms);
        client.send("x");
        rig.until([&] { return rig.stage->received.size() == i; });
      }
      rig.expect_open();
      rig.run_for(105ms);
      rig.expect_closed(errc::idle_timeout);
    });
  }

  void sent_bytes_put_the_idle_timeout_off() {
    on_each_backend(timed(100ms, 0ms), [](Rig& rig) {
      auto& client = rig.connect();
      for (int i = 0; i < 10; ++i) {
        rig.run_for(90ms);
        Rig::expect_ok(client.host->put("x"));
        rig.turn();
      }
      rig.expect_open();
    });
  }

  void a_suspended_connection_is_closed_by_the_idle_timeout() {
    on_each_backend(timed(100ms, 0ms), [](Rig& rig) {
      auto& client = rig.connect();
      client.host->suspend();
      client.send("unheard");
      rig.run_for(105ms);
      rig.expect_closed(errc::idle_timeout);
    });
  }

  /// Idle is per byte moved: who must not drip needs a deadline of its own, a timer set in open().
  void the_idle_timeout_counts_from_the_last_byte_however_slow_they_drip() {
    on_each_backend(timed(100ms, 0ms), [](Rig& rig) {
      rig.stage->on_open = [](Host& h) {
        h.timer = h.schedule(1s, [&h] { h.close(std::make_error_code(std::errc::timed_out)); });
        return Result<>{};
      };
      auto& client = rig.connect();
      for (std::size_t i = 1; i <= 10; ++i) {
        rig.run_for(99ms);
        client.send("x");
        rig.until([&] { return rig.stage->received.size() == i; });
      }
      rig.expect_open();
      rig.run_for(11ms);
      rig.expect_closed(std::errc::timed_out);
    });
  }

  void beside_others_that_are_ready_one_is_read_once_a_turn() {
    constexpr std::size_t read = strata::Run_Context::read_size;
    on_each_backend([](Rig& rig) {
      auto &greedy = rig.connect(), &modest = rig.connect();
      greedy.host->suspend(), modest.host->suspend();
      const std::string much = pattern(2 * read);
      std::size_t sent = 0;
      rig.until([&] { return (sent += greedy.push(std::string_view{much}.substr(sent))) == much.size(); });
      modest.send("ping");
      rig.settle();
      greedy.host->resume(), modest.host->resume();
      rig.until([&] { return !rig.stage->received.empty(); });
      CPPUNIT_ASSERT(rig.stage->received.size() <= read + 4);
      rig.until([&] { return rig.stage->received.size() == 2 * read + 4; });
    });
  }

  void a_greedy_peer_leaves_others_served_each_turn() {
    on_each_backend([](Rig& rig) {
      constexpr std::size_t request = 64;
      rig.stage->on_data = echo;
      auto &greedy = rig.connect(), &modest = rig.connect();
      const std::string all = pattern(100'000 * request);
      std::size_t sent = 0;
      std::size_t most = 0, before = 0;
      for (int i = 0; greedy.got.size() < all.size(); ++i) {
        CPPUNIT_ASSERT(i < 1'000'000);
        sent += greedy.push(std::string_view{all}.substr(sent));
        if (i % 100 == 0) modest.send("ping");
        before = rig.stage->received.size();
        rig.turn();
        most = std::max(most, rig.stage->received.size() - before);
        greedy.read();
        if (i % 100 == 0) rig.until([&] { return greedy.read(), modest.read(), modest.got.size() == 4; });
        modest.got.clear();
      }
      CPPUNIT_ASSERT(greedy.got == all);
      CPPUNIT_ASSERT(most <= 4 * strata::Run_Context::read_size + 4);  // bounded work a turn
    });
  }

 private:
  static Rig_Options timed(strata::Duration idle, strata::Duration write) {
    Rig_Options options;
    options.stream.idle_timeout = idle;
    options.stream.write_timeout = write;
    return options;
  }

  static void expect_refused(Rig& rig) {
    auto& client = rig.connect();
    Rig::expect_ok(client.host->put(pattern(1000)));
    Rig::expect_error(std::errc::no_buffer_space, client.host->put("x"));
    rig.expect_reply(client, pattern(1000));
    Rig::expect_ok(client.host->put("x"));
    rig.expect_reply(client, pattern(1000) + "x");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Svc_Limits_Test);

}  // namespace
