// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Service_Handler.h>

#include <array>
#include <stdexcept>

#include <strata/os/Operations.h>
#include <strata/os/Shared_Memory.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;

Result<> read_on(Actor& a, Completed&) { return a.read(100); }

class Service_Handler_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Handler_Test);
  CPPUNIT_TEST(an_echo_is_three_lines);
  CPPUNIT_TEST(nothing_completes_in_a_start);
  CPPUNIT_TEST(reads_complete_in_their_order);
  CPPUNIT_TEST(writes_complete_in_their_order_and_whole);
  CPPUNIT_TEST(a_write_from_one_place_needs_no_gathering);
  CPPUNIT_TEST(a_write_of_nothing_completes);
  CPPUNIT_TEST(the_end_of_the_stream_fails_reads);
  CPPUNIT_TEST(a_reset_fails_what_is_under_way_with_its_error);
  CPPUNIT_TEST(one_that_is_canceled_completes_once);
  CPPUNIT_TEST(one_behind_another_may_be_canceled);
  CPPUNIT_TEST(a_cancel_of_what_has_completed_does_nothing);
  CPPUNIT_TEST(a_deadline_cancels);
  CPPUNIT_TEST(a_deadline_that_is_kept_says_nothing);
  CPPUNIT_TEST(a_close_comes_after_the_last_completion);
  CPPUNIT_TEST(nothing_starts_after_a_close);
  CPPUNIT_TEST(who_closes_when_idle_reads_what_comes_until_then);
  CPPUNIT_TEST(a_hooks_error_closes);
  CPPUNIT_TEST(a_hook_that_throws_closes);
  CPPUNIT_TEST(an_end_of_the_reactor_ends_all);
  CPPUNIT_TEST(an_accept_and_a_connect_meet);
  CPPUNIT_TEST(a_refused_connect_fails);
  CPPUNIT_TEST(a_file_is_written_synced_and_read_in_order);
  CPPUNIT_TEST(the_end_of_a_file_fails_reads);
  CPPUNIT_TEST(a_file_operation_outlives_its_handlers_close);
  CPPUNIT_TEST(a_read_without_room_is_refused);
  CPPUNIT_TEST(what_a_user_cancels_does_not_end_who_is_to_end_when_idle);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_echo_is_three_lines() {
    on_each_engine([](Rig& rig) {
      auto pair = os::socket_pair();
      rig.peer = std::move(pair->second);
      CPPUNIT_ASSERT(rig.proactor->adopt(std::make_unique<Echo>(), std::move(pair->first)).has_value());
      std::string sent, got;
      for (int i = 0; i < 100; ++i) {
        const std::string text(static_cast<std::size_t>(i * 97 + 1), static_cast<char>('a' + i % 26));
        rig.send(text);
        sent += text;
        rig.until([&] { return rig.receive(got), got.size() == sent.size(); });
      }
      CPPUNIT_ASSERT(got == sent);
      rig.peer.reset();
      rig.until([&] { return rig.reactor->size() == 0; });
    });
  }

  void nothing_completes_in_a_start() {
    on_each_engine([](Rig& rig) {
      rig.pair([&rig](Actor& a, Completed&) {
        const auto started = a.write(block_of("x"));
        rig.diary += 'o';
        return started;
      });
      rig.expect_diary("ow1");
    });
  }

  void reads_complete_in_their_order() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) {
        for (std::size_t most : {1u, 2u, 3u}) CPPUNIT_ASSERT(a.read(exactly(most)).has_value());
        return Result<>{};
      });
      rig.send("abcdef");
      rig.expect_diary("rarbcrdef");
    });
  }

  void writes_complete_in_their_order_and_whole() {
    on_each_engine([](Rig& rig) {
      const std::string large(4'000'000, 'x');
      rig.pair([&large](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.write(block_of("begin ")).has_value());
        CPPUNIT_ASSERT(a.write(block_of(large)).has_value());
        return a.write(block_of(" end"));
      });
      std::string got;
      rig.until([&] { return rig.receive(got), got.size() == large.size() + 10; });
      CPPUNIT_ASSERT(got == "begin " + large + " end");
      rig.expect_diary("w6w4000000w4");
    });
  }

  void a_write_from_one_place_needs_no_gathering() {
    on_each_engine([](Rig& rig) {
      static const os::Operations* below;
      static int gathered;
      below = &os::operations();
      gathered = 0;
      os::Operations counting = *below;
      counting.send_gathered = [](os::Handle h, const strata::Const_Bytes* parts, std::size_t count) {
        ++gathered;
        return below->send_gathered(h, parts, count);
      };
      const os::Operations_Scope scope{counting};
      rig.pair([](Actor& a, Completed&) { return a.write(block_of("from one place")); });
      std::string got;
      rig.until([&] { return rig.receive(got), got == "from one place"; });
      CPPUNIT_ASSERT_EQUAL(0, gathered);
    });
  }

  void a_write_of_nothing_completes() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) { return a.write(Message_Block{}); });
      rig.expect_diary("w0");
    });
  }

  void the_end_of_the_stream_fails_reads() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair(read_on, read_on);
      std::error_code why;
      actor.on_close = [&why](std::error_code reason) { why = reason; };
      rig.send("last");
      rig.peer.reset();
      rig.expect_diary("rlast!endc~");
      CPPUNIT_ASSERT(why == errc::end_of_stream);
    });
  }

  void a_reset_fails_what_is_under_way_with_its_error() {
    on_each_engine([](Rig& rig) {
      const std::string large(4'000'000, 'x');
      Actor& actor = rig.pair([&large](Actor& a, Completed&) { return a.write(block_of(large)); });
      std::error_code why;
      actor.on_close = [&why](std::error_code reason) { why = reason; };
      for (int i = 0; i < 8; ++i) rig.turn();
      rig.peer.reset();
      rig.until([&] { return rig.diary.ends_with("c~"); });
      CPPUNIT_ASSERT_MESSAGE(why.message(), why == std::errc::broken_pipe || why == std::errc::connection_reset);
    });
  }

  void one_that_is_canceled_completes_once() {
    on_each_engine([](Rig& rig) {
      Operation read;
      Actor& actor = rig.pair([&read](Actor& a, Completed&) { return a.read(100, {.started = &read}); });
      for (int i = 0; i < 8; ++i) rig.turn();
      actor.cancel(read);
      actor.cancel(read);
      rig.expect_diary("!canceled");
      rig.send("x");
      CPPUNIT_ASSERT(actor.read(100).has_value());
      rig.expect_diary("!canceledrx");
    });
  }

  void one_behind_another_may_be_canceled() {
    on_each_engine([](Rig& rig) {
      Operation second;
      Actor& actor = rig.pair([&second](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.read(exactly(1)).has_value());
        CPPUNIT_ASSERT(a.read(exactly(1), {.started = &second}).has_value());
        return a.read(exactly(1));
      });
      actor.cancel(second);
      rig.expect_diary("!canceled");
      rig.send("ab");
      rig.expect_diary("!canceledrarb");
    });
  }

  void a_cancel_of_what_has_completed_does_nothing() {
    on_each_engine([](Rig& rig) {
      Operation read;
      Actor& actor = rig.pair([&read](Actor& a, Completed&) { return a.read(100, {.started = &read}); });
      rig.send("x");
      rig.expect_diary("rx");
      actor.cancel(read);
      rig.expect_diary("rx");
    });
  }

  void a_deadline_cancels() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair([](Actor& a, Completed&) { return a.read(100, {.deadline = 50ms}); });
      actor.on_failure = [](Actor&, Completed&) { return Result<>{}; };
      CPPUNIT_ASSERT(rig.reactor->run_for(40ms).has_value());
      CPPUNIT_ASSERT(rig.diary.empty());
      CPPUNIT_ASSERT(rig.reactor->run_for(20ms).has_value());
      rig.expect_diary("!late");
    });
  }

  void a_deadline_that_is_kept_says_nothing() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) { return a.read(100, {.deadline = 50ms}); });
      rig.send("x");
      rig.expect_diary("rx");
      CPPUNIT_ASSERT(rig.reactor->run_for(100ms).has_value());
      rig.expect_diary("rx");
    });
  }

  void a_close_comes_after_the_last_completion() {
    on_each_engine([](Rig& rig) {
      const std::string large(4'000'000, 'x');
      Actor& actor = rig.pair([&large](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.write(block_of(large)).has_value());
        CPPUNIT_ASSERT(a.read(10).has_value());
        return a.read(10);
      });
      for (int i = 0; i < 8; ++i) rig.turn();
      std::error_code why;
      actor.on_close = [&why](std::error_code reason) { why = reason; };
      actor.close(std::make_error_code(std::errc::protocol_error));
      rig.expect_diary("!canceled!canceled!canceledc~");
      CPPUNIT_ASSERT(why == std::errc::protocol_error);
    });
  }

  void who_closes_when_idle_reads_what_comes_until_then() {
    for (int turns = 0; turns < 8; ++turns) {
      on_each_engine([turns](Rig& rig) {
        const auto read = [turns](Actor& a, Completed&) { return turns % 2 == 0 ? a.read() : a.read(100); };
        Actor& actor = rig.pair(read, read);
        for (int i = 0; i < 4; ++i) rig.turn();
        actor.close_when_idle();
        for (int i = 0; i < turns; ++i) rig.turn();
        if (!rig.diary.empty()) {  // it has closed, and not before what had arrived had its turn
          CPPUNIT_ASSERT(turns > 1);
          return;
        }
        rig.send("x");
        rig.until([&] { return rig.diary.ends_with('~'); });
        CPPUNIT_ASSERT_EQUAL(std::string{"rx!canceledc~"}, rig.diary);
      });
    }
  }

  void nothing_starts_after_a_close() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair([](Actor& a, Completed&) { return a.read(10); });
      actor.close();
      const auto refused = actor.read(10);
      CPPUNIT_ASSERT(!refused && refused.error() == std::errc::broken_pipe);
      rig.expect_diary("!canceledc~");
    });
  }

  void a_hooks_error_closes() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair(
          [](Actor& a, Completed&) {
            CPPUNIT_ASSERT(a.read(exactly(1)).has_value());
            return a.read(10);
          },
          [](Actor&, Completed&) -> Result<> { return strata::fail(std::errc::bad_message); });
      std::error_code why;
      actor.on_close = [&why](std::error_code reason) { why = reason; };
      rig.send("x");
      rig.expect_diary("rx!canceledc~");
      CPPUNIT_ASSERT(why == std::errc::bad_message);
    });
  }

  void a_hook_that_throws_closes() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair(
          [](Actor& a, Completed&) {
            CPPUNIT_ASSERT(a.read(exactly(1)).has_value());
            return a.read(10);
          },
          [](Actor&, Completed&) -> Result<> { throw std::runtime_error{"of the test"}; });
      std::error_code why;
      actor.on_close = [&why](std::error_code reason) { why = reason; };
      rig.send("x");
      rig.expect_diary("rxc~");
      CPPUNIT_ASSERT(why == std::errc::state_not_recoverable);
    });
  }

  void an_end_of_the_reactor_ends_all() {
    on_each_engine([](Rig& rig) {
      const std::string large(4'000'000, 'x');
      rig.pair([&large](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.write(block_of(large)).has_value());
        return a.read(10);
      });
      for (int i = 0; i < 8; ++i) rig.turn();
      rig.reactor->end(errc::stopping);
      CPPUNIT_ASSERT_EQUAL(std::string{"c~"}, rig.diary);
      CPPUNIT_ASSERT_EQUAL(rig.proactor->started(), rig.proactor->completed());
    });
  }

  void an_accept_and_a_connect_meet() {
    on_each_engine([](Rig& rig) {
      auto listener = os::open_socket(os::Family::ipv4, os::Socket_Kind::stream);
      CPPUNIT_ASSERT(os::bind(listener->get(), any()) && os::listen(listener->get(), 5));
      const auto address = os::local_address(listener->get());
      os::Unique_Handle accepted;
      rig.adopt(
          std::move(*listener), [](Actor& a, Completed&) { return a.accept(); },
          [&accepted](Actor&, Completed& done) {
            accepted = std::move(done.handle);
            return Result<>{};
          });
      auto client = os::open_socket(os::Family::ipv4, os::Socket_Kind::stream);
      rig.adopt(std::move(*client), [&address](Actor& a, Completed&) { return a.connect(*address); },
                [](Actor& a, Completed& done) { return done.size == 0 ? a.write(block_of("hello")) : Result<>{}; });
      rig.until([&] { return rig.diary.size() >= 4; });
      std::array<std::byte, 16> room;
      CPPUNIT_ASSERT_EQUAL(std::size_t{5}, os::receive(accepted.get(), room).value());
    });
  }

  void a_refused_connect_fails() {
    on_each_engine([](Rig& rig) {
      auto listener = os::open_socket(os::Family::ipv4, os::Socket_Kind::stream);
      CPPUNIT_ASSERT(os::bind(listener->get(), any()).has_value());  // and nobody listens
      const auto address = os::local_address(listener->get());
      auto client = os::open_socket(os::Family::ipv4, os::Socket_Kind::stream);
      Actor& actor = rig.adopt(std::move(*client), [&address](Actor& a, Completed&) { return a.connect(*address); });
      std::error_code why;
      actor.on_close = [&why](std::error_code reason) { why = reason; };
      rig.until([&] { return rig.diary.ends_with("c~"); });
      CPPUNIT_ASSERT(why == std::errc::connection_refused);
    });
  }

  void a_file_is_written_synced_and_read_in_order() {
    on_each_engine([](Rig& rig) {
      auto file = os::make_shared_memory();
      rig.adopt(
          std::move(*file),
          [](Actor& a, Completed&) {
            CPPUNIT_ASSERT(a.write_at(block_of("0123456789"), 0).has_value());
            CPPUNIT_ASSERT(a.write_at(block_of("abc"), 4).has_value());
            CPPUNIT_ASSERT(a.sync().has_value());
            CPPUNIT_ASSERT(a.read_at(exactly(6), 2).has_value());
            return a.read_at(exactly(100), 8);
          },
          {}, true);
      rig.expect_diary("w10w3sr23abc7r89");
    });
  }

  void the_end_of_a_file_fails_reads() {
    on_each_engine([](Rig& rig) {
      auto file = os::make_shared_memory();
      rig.adopt(std::move(*file), [](Actor& a, Completed&) { return a.read_at(exactly(6), 2); }, {}, true);
      rig.expect_diary("!endc~");
    });
  }

  void a_file_operation_outlives_its_handlers_close() {
    on_each_engine([](Rig& rig) {
      for (int i = 0; i < 50; ++i) {
        auto file = os::make_shared_memory();
        Actor& actor = rig.adopt(std::move(*file),
                                 [](Actor& a, Completed&) { return a.write_at(block_of(std::string(10'000, 'x')), 0); },
                                 {}, true);
        if (i % 2 == 0) (void)rig.reactor->close(actor.ref(), errc::canceled);
        if (i % 3 == 0) rig.turn();
      }
      rig.reactor->end(errc::stopping);
    });
  }

  void a_read_without_room_is_refused() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) {
        const auto refused = a.read(Message_Block{});
        CPPUNIT_ASSERT(!refused && refused.error() == std::errc::invalid_argument);
        return Result<>{};
      });
      rig.expect_diary("");  // a hook that throws closes
    });
  }

  void what_a_user_cancels_does_not_end_who_is_to_end_when_idle() {
    on_each_real_engine([](Rig& rig) {
      Operation timer;
      Actor& actor = rig.pair([&timer](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.wait(1h, {.started = &timer}).has_value());
        return a.read(100);
      });
      for (int i = 0; i < 4; ++i) rig.turn();
      actor.cancel(timer);
      actor.close_when_idle();
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::string{"!canceled"}, rig.diary);
      rig.send("x");
      rig.expect_diary("!canceledrxc~");
    });
  }

 private:
  /// A block with room for so much and no more.
  static Message_Block exactly(std::size_t size) {
    auto made = Message_Block::make(size);
    CPPUNIT_ASSERT(made && made->writable().size() == size);
    return std::move(*made);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Handler_Test);

}  // namespace
