// SPDX-License-Identifier: Apache-2.0
// Life and input of a connection (faults 7 and 15); Svc_Output_Test has its output, Svc_Close_Test its end.
#include <strata/connection/Svc_Handler.h>

#include <stdexcept>

#include <strata_test/Scale.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Bytes;
using strata::Const_Bytes;
using strata::Run_Context;
using strata::Suspension;
using Rig = Connection_Rig;

static_assert(sizeof(strata::Svc_Handler) == 72, "an idle connection is small");

class Svc_Handler_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Svc_Handler_Test);
  CPPUNIT_TEST(open_comes_before_all_other_hooks);
  CPPUNIT_TEST(open_may_speak_first);
  CPPUNIT_TEST(an_error_from_open_closes);
  CPPUNIT_TEST(the_lent_buffer_takes_64_KiB_at_once);
  CPPUNIT_TEST(lent_bytes_may_be_changed_in_place);
  CPPUNIT_TEST(it_knows_both_addresses);
  CPPUNIT_TEST(what_was_left_unread_comes_again_before_new_bytes);
  CPPUNIT_TEST(as_much_as_the_cap_may_be_left_unread);
  CPPUNIT_TEST(more_than_the_cap_is_refused);
  CPPUNIT_TEST(what_is_left_unread_is_charged);
  CPPUNIT_TEST(resume_delivers_what_was_left_unread);
  CPPUNIT_TEST(unread_bytes_come_before_the_end);
  CPPUNIT_TEST(an_end_waits_behind_unread_bytes_that_suspend);
  CPPUNIT_TEST(unread_bytes_come_again_when_the_queue_has_fallen);
  CPPUNIT_TEST(bytes_before_the_end_are_delivered);
  CPPUNIT_TEST(the_end_closes_by_default);
  CPPUNIT_TEST(after_the_end_the_rest_of_the_reply_goes_out);
  CPPUNIT_TEST(a_half_closed_connection_does_not_spin);
  CPPUNIT_TEST(an_error_from_a_hook_closes_once);
  CPPUNIT_TEST(would_block_from_a_hook_keeps_the_connection);
  CPPUNIT_TEST(a_hook_that_throws_closes_once_and_the_loop_lives);
  CPPUNIT_TEST(many_hooks_that_throw_leave_the_loop_alive);
  CPPUNIT_TEST(a_suspended_connection_hears_nothing_until_resumed);
  CPPUNIT_TEST(all_reasons_of_a_suspension_must_go);
  CPPUNIT_TEST(a_suspended_connection_whose_peer_leaves_does_not_spin);
  CPPUNIT_TEST(a_reset_closes_even_a_suspended_connection);
  CPPUNIT_TEST(nothing_is_delivered_after_the_reactor_was_told_to_close);
  CPPUNIT_TEST(a_timer_of_its_own_is_a_hook);
  CPPUNIT_TEST(a_timer_of_its_own_dies_with_it);
  CPPUNIT_TEST(a_post_to_it_is_a_hook);
  CPPUNIT_TEST(a_post_to_a_dead_one_is_dropped);
  CPPUNIT_TEST_SUITE_END();

 public:
  void open_comes_before_all_other_hooks() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.send("hello");
      rig.expect_received("hello");
      client.finish();
      rig.expect_closed(errc::end_of_stream);
      CPPUNIT_ASSERT_EQUAL(std::string{"odec"}, rig.stage->diary);
    });
  }

  void open_may_speak_first() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_open = [](Host& h) { return h.put("220 ready"); };
      rig.expect_reply(rig.connect(), "220 ready");
    });
  }

  void an_error_from_open_closes() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_open = [](Host&) { return strata::fail(errc::shed); };
      auto& client = rig.connect();
      rig.expect_closed(errc::shed);
      rig.expect_end(client);
    });
  }

  void the_lent_buffer_takes_64_KiB_at_once() {
    on_each_readiness([](Rig& rig) {
      auto& client = rig.connect();
      client.host->suspend();
      const std::string sent = send_all(rig, client, Run_Context::read_size);
      client.host->resume();
      rig.expect_received(sent);
      CPPUNIT_ASSERT_EQUAL(Run_Context::read_size, rig.stage->largest);
    });
  }

  void lent_bytes_may_be_changed_in_place() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes bytes) {
        bytes[0] = std::byte{'J'};
        return h.put(bytes);
      };
      auto& client = rig.connect();
      client.send("hello");
      rig.expect_reply(client, "Jello");
    });
  }

  void it_knows_both_addresses() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      CPPUNIT_ASSERT(client.host->local() == rig.address());
      CPPUNIT_ASSERT(client.host->peer() == *os::local_address(client.handle()));
    });
  }

  void what_was_left_unread_comes_again_before_new_bytes() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes bytes) {  // whole lines alone
        const std::string_view text = strata::as_text(bytes);
        const std::size_t line = text.rfind('\n') + 1;  // npos + 1 = 0
        if (line != 0) Rig::expect_ok(h.put(text.substr(0, line)));
        return h.unread(bytes.subspan(line));
      };
      auto& client = rig.connect();
      for (const char* part : {"one\ntw", "o\nthr", "ee", "\n"}) {
        client.send(part);
        rig.settle();
      }
      rig.expect_reply(client, "one\ntwo\nthree\n");
    });
  }

  void as_much_as_the_cap_may_be_left_unread() {
    on_each_backend([](Rig& rig) {
      constexpr std::size_t cap = Run_Context::unread_size;
      std::string last;
      rig.stage->on_data = [&](Host& h, Bytes bytes) {
        last = strata::as_text(bytes);
        return h.unread(bytes.first(std::min(bytes.size(), cap)));
      };
      auto& client = rig.connect();
      const std::string sent = send_all(rig, client, cap);
      rig.until([&] { return last.size() == cap; });
      client.send("!");
      rig.until([&] { return last.size() > cap; });
      CPPUNIT_ASSERT(last == sent + "!");
    });
  }

  void more_than_the_cap_is_refused() {
    on_each_backend([](Rig& rig) {
      const std::string much(Run_Context::unread_size + 1, 'x');
      rig.stage->on_data = [&](Host& h, Bytes) {
        Rig::expect_error(std::errc::message_size, h.unread(strata::as_bytes(much)));
        return Result<>{};
      };
      rig.connect().send("x");
      rig.expect_received("x");
      rig.expect_open();
    });
  }

  void what_is_left_unread_is_charged() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes bytes) { return bytes.size() < 8 ? h.unread(bytes) : Result<>{}; };
      auto& client = rig.connect();
      client.send("half");
      rig.until([&] { return rig.process.used() == 4; });
      client.send("full");
      rig.until([&] { return rig.stage->deliveries == 2; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.process.used());
    });
  }

  void resume_delivers_what_was_left_unread() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = leave_unread_once();
      auto& client = rig.connect();
      client.send("job");
      rig.expect_received("job");
      rig.settle();
      client.host->resume();
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::string{"jobjob"}, rig.stage->received);
    });
  }

  void unread_bytes_come_before_the_end() {
    on_each_backend(small_marks(), [](Rig& rig) {
      rig.stage->on_data = leave_unread_once();
      auto& client = rig.connect(), &other = rig.connect();
      client.send("job");
      rig.expect_received("job");
      client.finish();
      rig.settle();
      // Resumed in a flush, the connection sees its end in the next turn before that turn's flush.
      rig.stage->on_writable = [&](Host&) { return client.host->resume(), Result<>{}; };
      Rig::expect_ok(other.host->put(pattern(50'000)));  // above the high mark until the flush
      rig.expect_closed(errc::end_of_stream);
      CPPUNIT_ASSERT_EQUAL(std::string{"jobjob"}, rig.stage->received);
    });
  }

  void an_end_waits_behind_unread_bytes_that_suspend() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [&](Host& h, Bytes bytes) {
        if (rig.stage->deliveries > 1) return h.suspend(), Result<>{};
        return h.unread(bytes);
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_received("x");
      client.finish();
      Rig::expect_ok(rig.reactor->post(client.host->ref(), [&] {
        client.host->suspend();
        client.host->resume();
      }));
      rig.until([&] { return rig.stage->deliveries == 2; });
      rig.expect_open();
      client.host->resume();
      rig.expect_end(client);
      CPPUNIT_ASSERT_EQUAL(std::string{"odec"}, rig.stage->diary);
    });
  }

  void unread_bytes_come_again_when_the_queue_has_fallen() {
    on_each_backend(small_marks(), [](Rig& rig) {
      const std::string& much = more_than_the_kernel_takes();
      int calls = 0;
      rig.stage->on_data = [&](Host& h, Bytes bytes) {  // a reply too large: the next request waits
        if (calls++ > 0) return h.put("done");
        Rig::expect_ok(h.put(much));
        return h.unread(bytes);
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_reply(client, much + "done");
    });
  }

  void bytes_before_the_end_are_delivered() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->suspend();
      const std::string sent = send_all(rig, client, 100'000);
      client.finish();
      rig.settle();
      client.host->resume();
      rig.expect_closed(errc::end_of_stream);
      CPPUNIT_ASSERT(sent == rig.stage->received);
    });
  }

  void the_end_closes_by_default() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.finish();
      rig.expect_closed(errc::end_of_stream);
      rig.expect_end(client);
    });
  }

  void after_the_end_the_rest_of_the_reply_goes_out() {
    Rig_Options no_pause;
    no_pause.stream.high_water = 100'000'000;
    on_each_backend(no_pause, [](Rig& rig) {
      const std::string& reply = more_than_the_kernel_takes();
      rig.stage->on_data = [&](Host& h, Bytes) { return h.put(reply); };
      auto& client = rig.connect();
      client.send("all of it, please");
      client.finish();
      rig.until([&] { return rig.stage->diary.ends_with('e'); });
      rig.expect_reply(client, reply);
      rig.expect_end(client);
      rig.expect_closed(errc::end_of_stream);
    });
  }

  void a_half_closed_connection_does_not_spin() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_end = [](Host&) { return Result<>{}; };  // it will answer later
      auto& client = rig.connect();
      client.finish();
      rig.until([&] { return rig.stage->diary.ends_with('e'); });
      expect_still(rig);
      Rig::expect_ok(client.host->put("late"));
      rig.expect_reply(client, "late");
      CPPUNIT_ASSERT_EQUAL(std::string{"oe"}, rig.stage->diary);
    });
  }

  void an_error_from_a_hook_closes_once() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) {
        Rig::expect_ok(h.put("bye"));
        return strata::fail(std::errc::bad_message);
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_reply(client, "bye");
      rig.expect_closed(std::errc::bad_message);
    });
  }

  void would_block_from_a_hook_keeps_the_connection() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host&, Bytes) { return strata::fail(std::errc::operation_would_block); };
      auto& client = rig.connect();
      client.send("a");
      rig.expect_received("a");
      client.send("b");
      rig.expect_received("ab");
      rig.expect_open();
    });
  }

  void a_hook_that_throws_closes_once_and_the_loop_lives() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) -> Result<> {
        Rig::expect_ok(h.put("lost"));
        throw std::runtime_error{"a bug"};
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_closed(std::errc::state_not_recoverable);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.reactor->metrics().exceptions.value());
      rig.expect_end(client);
      CPPUNIT_ASSERT(client.got.empty());
      rig.stage->on_data = echo;
      auto& next = rig.connect();
      next.send("fine");
      rig.expect_reply(next, "fine");
    });
  }

  void many_hooks_that_throw_leave_the_loop_alive() {
    on_each_backend([](Rig& rig) {
      const std::uint64_t count = strata_test::count(1'000'000);
      rig.stage->on_open = [](Host&) -> Result<> { throw 42; };
      rig.listen();
      for (std::uint64_t i = 0; i < count; ++i) {
        Peer peer = Peer::connect(rig.address());
        rig.until([&] { return rig.stage->reasons.size() > i; });
      }
      CPPUNIT_ASSERT_EQUAL(count, rig.reactor->metrics().exceptions.value());
      CPPUNIT_ASSERT_EQUAL(count, rig.stage->metrics().closed.value());
    });
  }

  void a_suspended_connection_hears_nothing_until_resumed() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->suspend();
      client.send("meanwhile");
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::string{"o"}, rig.stage->diary);
      expect_still(rig);
      client.host->resume();
      rig.expect_received("meanwhile");
    });
  }

  void all_reasons_of_a_suspension_must_go() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->suspend(Suspension::user);
      client.host->suspend(Suspension::offload);
      client.send("x");
      client.host->resume(Suspension::user);
      rig.settle();
      CPPUNIT_ASSERT_EQUAL(std::string{}, rig.stage->received);
      client.host->resume(Suspension::offload);
      rig.expect_received("x");
    });
  }

  void a_suspended_connection_whose_peer_leaves_does_not_spin() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      client.host->suspend();
      client.send("last words");
      client.close();
      rig.settle();
      expect_still(rig);
      client.host->resume();
      rig.expect_closed(errc::end_of_stream);
      CPPUNIT_ASSERT_EQUAL(std::string{"last words"}, rig.stage->received);
    });
  }

  void a_reset_closes_even_a_suspended_connection() {
    on_each_backend([](Rig& rig) {
      if (rig.backend.is("select")) return;  // select(2) reports errors as readiness alone, and nothing is wanted
      auto& client = rig.connect();
      client.host->suspend();
      client.reset();
      rig.expect_closed(std::errc::connection_reset);
    });
  }

  void nothing_is_delivered_after_the_reactor_was_told_to_close() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) { return h.service().close_all(errc::stopping), Result<>{}; };
      auto& client = rig.connect();
      client.host->suspend();
      send_all(rig, client, 100'000);
      client.host->resume();
      rig.expect_closed(errc::stopping);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->deliveries);
    });
  }

  void a_timer_of_its_own_is_a_hook() {
    on_each_readiness([](Rig& rig) {
      auto& client = rig.connect();
      client.host->timer = client.host->schedule(5ms, [h = client.host] {
        for (int i = 0; i < 16; ++i) Rig::expect_ok(h->put("tick"));
      });
      const Seam seam;
      rig.run_for(5ms);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seam.sends);
      rig.until([&] { return client.read(), client.got.size() == 64; });
    });
  }

  void a_timer_of_its_own_dies_with_it() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      int fired = 0;
      strata::Timer outside = client.host->schedule(1ms, [&] { ++fired; });  // outlives its connection
      client.host->close(errc::canceled);
      rig.expect_closed(errc::canceled);
      rig.run_for(5ms);
      CPPUNIT_ASSERT_EQUAL(0, fired);
    });
  }

  void a_post_to_it_is_a_hook() {
    on_each_readiness([](Rig& rig) {
      auto& client = rig.connect();
      const auto answer = [h = client.host] {
        for (int i = 0; i < 16; ++i) Rig::expect_ok(h->put("post"));
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, h->queued());  // corked
      };
      Rig::expect_ok(rig.reactor->post(client.host->ref(), answer));
      const Seam seam;
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seam.sends);
      rig.until([&] { return client.read(), client.got.size() == 64; });
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.reactor->metrics().exceptions.value());
    });
  }

  void a_post_to_a_dead_one_is_dropped() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      int ran = 0;
      Rig::expect_ok(rig.reactor->post(client.host->ref(), [&] { ++ran; }));
      client.host->close(errc::canceled);
      rig.expect_closed(errc::canceled);
      CPPUNIT_ASSERT_EQUAL(0, ran);
    });
  }

 private:
  static Rig_Options small_marks() {
    Rig_Options options;
    options.stream.high_water = 32 * 1024;
    options.stream.low_water = 16 * 1024;
    return options;
  }

  /// Sends the pattern, however often the kernel must be asked; up to 100,000 bytes need no reader.
  static std::string send_all(Rig& rig, Rig::Client& client, std::size_t size) {
    const std::string text = pattern(size);
    std::size_t sent = 0;
    rig.until([&] { return (sent += client.push(std::string_view{text}.substr(sent))) == size; });
    rig.settle();
    return text;
  }

  static Stage::Act_On_Data leave_unread_once() {
    return [first = true](Host& h, Bytes bytes) mutable -> Result<> {
      if (!std::exchange(first, false)) return {};
      h.suspend();
      return h.unread(bytes);
    };
  }

  /// No event wakes the loop for a second: only the wait's end.
  static void expect_still(Rig& rig) {
    const std::uint64_t before = rig.turns();
    rig.run_for(1s);
    CPPUNIT_ASSERT(rig.turns() - before <= 2);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Svc_Handler_Test);

}  // namespace
