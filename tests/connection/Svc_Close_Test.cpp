// SPDX-License-Identifier: Apache-2.0
// How a connection ends: close, abort, close_when_flushed with its lingering, close_when_idle.
#include <strata/connection/Svc_Handler.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Bytes;
using Rig = Connection_Rig;

class Svc_Close_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Svc_Close_Test);
  CPPUNIT_TEST(close_in_a_hook_sends_what_was_put);
  CPPUNIT_TEST(the_first_reason_stays);
  CPPUNIT_TEST(abort_sends_a_reset_and_nothing_else);
  CPPUNIT_TEST(nothing_can_be_put_after_a_close);
  CPPUNIT_TEST(nothing_can_be_put_in_handle_close);
  CPPUNIT_TEST(close_when_flushed_sends_all_then_the_end);
  CPPUNIT_TEST(close_when_flushed_hears_no_more_requests);
  CPPUNIT_TEST(unread_input_does_not_turn_the_reply_into_a_reset);
  CPPUNIT_TEST(a_peer_that_never_closes_is_cut_after_linger_time);
  CPPUNIT_TEST(a_lingering_connection_reads_although_suspended);
  CPPUNIT_TEST(a_suspended_connection_lingers_too);
  CPPUNIT_TEST(a_paused_connection_lingers_too);
  CPPUNIT_TEST(close_when_flushed_from_the_hook_of_another);
  CPPUNIT_TEST(close_when_flushed_from_a_timer);
  CPPUNIT_TEST(close_when_flushed_without_a_write_timeout);
  CPPUNIT_TEST(shutdown_send_ends_our_direction_alone);
  CPPUNIT_TEST(shutdown_send_waits_for_the_queue);
  CPPUNIT_TEST(a_reset_while_closing_keeps_its_error);
  CPPUNIT_TEST(drain_closes_an_idle_connection);
  CPPUNIT_TEST(drain_answers_what_has_arrived);
  CPPUNIT_TEST(drain_sends_what_is_queued);
  CPPUNIT_TEST(drain_waits_for_a_suspended_connection);
  CPPUNIT_TEST(a_drain_that_throws_closes_that_connection_alone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void close_in_a_hook_sends_what_was_put() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) {
        Rig::expect_ok(h.put("goodbye"));
        return h.close(errc::canceled), Result<>{};
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_reply(client, "goodbye");
      rig.expect_closed(errc::canceled);
      rig.expect_end(client);
    });
  }

  void the_first_reason_stays() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->close(errc::shed);
      client.host->close(errc::canceled);
      client.host->close_when_flushed(errc::stopping);
      rig.expect_closed(errc::shed);
    });
  }

  void abort_sends_a_reset_and_nothing_else() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) {
        Rig::expect_ok(h.put("never seen"));
        return h.abort(errc::canceled), Result<>{};
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_reset(client);
      CPPUNIT_ASSERT_EQUAL(std::string{}, client.got);
      rig.expect_closed(errc::canceled);
    });
  }

  void nothing_can_be_put_after_a_close() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) {
        h.close();
        Rig::expect_error(std::errc::broken_pipe, h.put("late"));
        return Result<>{};
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_end(client);
      CPPUNIT_ASSERT_EQUAL(std::string{}, client.got);
    });
  }

  void nothing_can_be_put_in_handle_close() {
    on_each_backend([](Rig& rig) {
      std::size_t charged = 1;
      Result<> put;
      rig.stage->on_close = [&](Host& h, std::error_code) {
        put = h.put("late");
        charged = h.service().budget().used();
      };
      rig.connect();
      rig.stage->close_all(errc::stopping);
      rig.expect_closed(errc::stopping);
      Rig::expect_error(std::errc::broken_pipe, put);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, charged);
    });
  }

  void close_when_flushed_sends_all_then_the_end() {
    on_each_backend([](Rig& rig) {
      const std::string& reply = more_than_the_kernel_takes();
      rig.stage->on_data = [&](Host& h, Bytes) {
        Rig::expect_ok(h.put(reply));
        return h.close_when_flushed(errc::canceled), Result<>{};
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_reply(client, reply);
      rig.expect_end(client);
      client.close();
      rig.expect_closed(errc::canceled);
    });
  }

  void close_when_flushed_hears_no_more_requests() {
    on_each_backend([](Rig& rig) {
      const std::string& reply = more_than_the_kernel_takes();
      rig.stage->on_data = [&](Host& h, Bytes) -> Result<> {
        if (const Result<> put = h.put(reply); !put) return put;
        return h.close_when_flushed(errc::canceled), Result<>{};
      };
      auto& client = rig.connect();
      client.send("GET 1");
      rig.expect_received("GET 1");
      client.send("GET 2");
      rig.settle();
      rig.expect_reply(client, reply);
      client.close();
      rig.expect_closed(errc::canceled);
      CPPUNIT_ASSERT_EQUAL(std::string{"GET 1"}, rig.stage->received);
    });
  }

  void unread_input_does_not_turn_the_reply_into_a_reset() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) {
        Rig::expect_ok(h.put("413 too large"));
        return h.close_when_flushed(errc::canceled), Result<>{};
      };
      auto& client = rig.connect();
      for (int i = 0; i < 50; ++i) {
        (void)client.push(pattern(100'000));
        rig.settle();
      }
      client.finish();
      rig.expect_end(client);
      CPPUNIT_ASSERT_EQUAL(std::string{"413 too large"}, client.got);
      rig.expect_closed(errc::canceled);
    });
  }

  void a_peer_that_never_closes_is_cut_after_linger_time() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->close_when_flushed(errc::canceled);
      rig.expect_end(client);
      rig.run_for(strata::Svc_Handler::linger_time - 10ms);
      rig.expect_open();
      rig.run_for(20ms);
      rig.expect_closed(errc::canceled);
    });
  }

  void a_lingering_connection_reads_although_suspended() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->close_when_flushed(errc::canceled);
      client.host->suspend();
      client.send("more");
      client.finish();
      rig.expect_closed(errc::canceled);
      CPPUNIT_ASSERT_EQUAL(std::string{}, rig.stage->received);
    });
  }

  void a_suspended_connection_lingers_too() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->suspend();
      client.send("more");
      rig.settle();
      client.host->close_when_flushed(errc::canceled);
      client.finish();
      rig.expect_closed(errc::canceled);
      rig.expect_end(client);
    });
  }

  void a_paused_connection_lingers_too() {
    Rig_Options marks;
    marks.stream.low_water = 0;
    on_each_backend(marks, [](Rig& rig) {
      const std::string& reply = more_than_the_kernel_takes();
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put(reply));
      client.send("more");
      rig.settle();
      client.host->close_when_flushed(errc::canceled);
      rig.expect_reply(client, reply);
      client.finish();
      rig.expect_closed(errc::canceled);
      rig.expect_end(client);
    });
  }

  void close_when_flushed_from_the_hook_of_another() {
    on_each_backend([](Rig& rig) {
      auto &a = rig.connect(), &b = rig.connect();
      rig.stage->on_data = [&](Host& h, Bytes) {
        Rig::expect_ok(h.put("to a"));
        Rig::expect_ok(b.host->put("to b"));
        b.host->close_when_flushed(errc::canceled);
        return h.put(", all");
      };
      a.send("x");
      rig.expect_reply(a, "to a, all");
      rig.expect_end(b);
      CPPUNIT_ASSERT_EQUAL(std::string{"to b"}, b.got);
      b.close();
      rig.expect_closed(errc::canceled);
    });
  }

  void close_when_flushed_from_a_timer() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->timer = client.host->schedule(1ms, [h = client.host] {
        Rig::expect_ok(h->put("time is up"));
        h->close_when_flushed(errc::canceled);
      });
      rig.run_for(2ms);
      rig.expect_end(client);
      CPPUNIT_ASSERT_EQUAL(std::string{"time is up"}, client.got);
      client.close();
      rig.expect_closed(errc::canceled);
    });
  }

  void close_when_flushed_without_a_write_timeout() {
    on_each_backend([](Rig& rig) {  // none is set: the queue has no timer, lingering needs one all the same
      const std::string& reply = more_than_the_kernel_takes();
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put(reply));
      client.host->close_when_flushed(errc::canceled);
      rig.run_for(10s);
      rig.expect_open();
      rig.expect_reply(client, reply);
      rig.expect_end(client);
      rig.run_for(strata::Svc_Handler::linger_time + 2ms);
      rig.expect_closed(errc::canceled);
    });
  }

  void shutdown_send_ends_our_direction_alone() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes bytes) -> Result<> {
        if (strata::as_text(bytes) != "first") return {};
        Rig::expect_ok(h.put("that was all"));
        Rig::expect_ok(h.shutdown_send());
        Rig::expect_error(std::errc::broken_pipe, h.put("more"));
        return {};
      };
      auto& client = rig.connect();
      client.send("first");
      rig.expect_end(client);
      CPPUNIT_ASSERT_EQUAL(std::string{"that was all"}, client.got);
      client.send("second");
      rig.expect_received("firstsecond");
      client.finish();
      rig.expect_closed(errc::end_of_stream);
    });
  }

  void shutdown_send_waits_for_the_queue() {
    on_each_backend([](Rig& rig) {
      const std::string& reply = more_than_the_kernel_takes();
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put(reply));
      Rig::expect_ok(client.host->shutdown_send());
      rig.expect_reply(client, reply);
      rig.expect_end(client);
    });
  }

  void a_reset_while_closing_keeps_its_error() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->suspend();
      client.host->timer = client.host->schedule(0ms, [h = client.host] { h->close_when_flushed(errc::canceled); });
      client.reset();  // the timer runs before the event is dispatched
      rig.run_for(1ms);
      rig.expect_closed(std::errc::connection_reset);
    });
  }

  void drain_closes_an_idle_connection() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      rig.stage->drain();
      rig.expect_end(client);
      client.close();
      rig.expect_closed(errc::stopping);
      CPPUNIT_ASSERT_EQUAL(std::string{"orc"}, rig.stage->diary);
    });
  }

  void drain_answers_what_has_arrived() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = echo;
      auto& client = rig.connect();
      client.host->suspend();
      client.send("asked before");
      rig.settle();
      client.host->resume();
      rig.stage->drain();
      rig.expect_end(client);
      CPPUNIT_ASSERT_EQUAL(std::string{"asked before"}, client.got);
    });
  }

  void drain_sends_what_is_queued() {
    on_each_backend([](Rig& rig) {
      const std::string& reply = more_than_the_kernel_takes();
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put(reply));
      rig.settle();
      rig.stage->drain();
      rig.expect_reply(client, reply);
      rig.expect_end(client);
    });
  }

  void drain_waits_for_a_suspended_connection() {
    on_each_backend([](Rig& rig) {  // its answer is being made elsewhere
      auto& client = rig.connect();
      client.host->suspend(strata::Suspension::offload);
      rig.stage->drain();
      rig.settle();
      Rig::expect_ok(client.host->put("the answer"));
      client.host->resume(strata::Suspension::offload);
      rig.expect_end(client);
      CPPUNIT_ASSERT_EQUAL(std::string{"the answer"}, client.got);
    });
  }

  void a_drain_that_throws_closes_that_connection_alone() {
    on_each_backend([](Rig& rig) {
      auto &a = rig.connect(), &b = rig.connect();
      rig.stage->on_drain = [&](Host& h) -> Result<> {
        if (&h == a.host) throw 42;
        return h.put("bye");
      };
      rig.stage->drain();
      rig.expect_closed(std::errc::state_not_recoverable);
      rig.expect_reply(b, "bye");
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Svc_Close_Test);

}  // namespace
