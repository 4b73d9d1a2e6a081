// SPDX-License-Identifier: Apache-2.0
// Cork and queue of a connection (faults 5 and 6); Svc_Limits_Test has the water marks and budgets.
#include <strata/connection/Svc_Handler.h>

#include <strata/wrappers/Message_Block.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using strata::Bytes;
using strata::Message_Block;
using Rig = Connection_Rig;

class Svc_Output_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Svc_Output_Test);
  CPPUNIT_TEST(sixteen_puts_in_a_hook_are_one_send);
  CPPUNIT_TEST(an_empty_put_is_nothing);
  CPPUNIT_TEST(a_large_put_leaves_behind_the_cork);
  CPPUNIT_TEST(a_large_put_does_not_alias_the_lent_buffer);
  CPPUNIT_TEST(a_full_cork_is_sent_and_goes_on);
  CPPUNIT_TEST(a_put_to_another_connection_leaves_at_the_turns_flush);
  CPPUNIT_TEST(a_put_outside_of_the_loop_leaves_in_the_next_turn);
  CPPUNIT_TEST(a_block_leaves_with_the_cork);
  CPPUNIT_TEST(a_chain_of_blocks_keeps_its_place);
  CPPUNIT_TEST(a_block_that_is_queued_is_not_copied);
  CPPUNIT_TEST(every_split_of_a_gathered_write_gives_the_same_bytes);
  CPPUNIT_TEST(every_split_of_a_queued_chain_gives_the_same_bytes);
  CPPUNIT_TEST(a_send_that_takes_nothing_queues_all);
  CPPUNIT_TEST(a_blocked_send_is_not_tried_again_in_the_same_turn);
  CPPUNIT_TEST(output_is_watched_only_while_something_is_queued);
  CPPUNIT_TEST(a_peer_that_takes_little_costs_few_turns);
  CPPUNIT_TEST(a_send_that_fails_closes_once_with_its_error);
  CPPUNIT_TEST(a_queue_whose_send_fails_closes_once_with_its_error);
  CPPUNIT_TEST(a_reset_in_the_middle_of_a_reply_is_one_close);
  CPPUNIT_TEST(a_hook_that_ignores_the_reset_is_told_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  void sixteen_puts_in_a_hook_are_one_send() {
    on_each_readiness([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) {
        for (int i = 0; i < 16; ++i) Rig::expect_ok(h.put("reply\n"));
        return Result<>{};
      };
      auto& client = rig.connect();
      const Seam seam;
      client.send("x");
      rig.until([&] { return client.read(), client.got.size() == 96; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seam.sends);
    });
  }

  void an_empty_put_is_nothing() {
    Rig_Options timed;
    timed.stream.write_timeout = 10ms;
    on_each_backend(timed, [](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) { return h.put(strata::Const_Bytes{}); };
      auto& client = rig.connect();
      const Seam seam;
      Rig::expect_ok(client.host->put(""));
      Rig::expect_ok(client.host->put(Message_Block{}));
      client.send("x");
      rig.expect_received("x");
      rig.run_for(100ms);
      rig.expect_open();
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, seam.sends);
    });
  }

  void a_large_put_leaves_behind_the_cork() {
    on_each_readiness([](Rig& rig) {
      const std::string body = pattern(strata::Svc_Handler::cork_limit);
      rig.stage->on_data = [&](Host& h, Bytes) {
        Rig::expect_ok(h.put("head:"));
        Rig::expect_ok(h.put(body));
        return h.put(":tail");
      };
      auto& client = rig.connect();
      const Seam seam;
      client.send("x");
      rig.expect_reply(client, "head:" + body + ":tail");
      CPPUNIT_ASSERT(seam.sent == std::vector<std::size_t>({5 + body.size(), 5}));
    });
  }

  void a_large_put_does_not_alias_the_lent_buffer() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [&](Host& h, Bytes bytes) {
        const Result<> put = h.put(bytes);
        std::ranges::fill(bytes, std::byte{'?'});
        return put;
      };
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = [](std::size_t) { return os::Raw{1000}; };
      const std::string text = pattern(10'000);
      client.send(text);
      rig.expect_reply(client, text);
    });
  }

  void a_full_cork_is_sent_and_goes_on() {
    on_each_backend([](Rig& rig) {
      const std::string part = pattern(7000);
      rig.stage->on_data = [&](Host& h, Bytes) {
        for (int i = 0; i < 20; ++i) Rig::expect_ok(h.put(part));
        return Result<>{};
      };
      auto& client = rig.connect();
      const Seam seam;
      client.send("x");
      std::string wanted;
      for (int i = 0; i < 20; ++i) wanted += part;
      rig.expect_reply(client, wanted);
      CPPUNIT_ASSERT(seam.sends <= 3 + 2);  // 64 KiB a send, and where the kernel takes less
    });
  }

  void a_put_to_another_connection_leaves_at_the_turns_flush() {
    on_each_readiness([](Rig& rig) {
      auto &a = rig.connect(), &b = rig.connect();
      rig.stage->on_data = [&](Host& h, Bytes) {
        for (int i = 0; i < 4; ++i) {
          Rig::expect_ok(h.put("a"));
          Rig::expect_ok(b.host->put("b"));
        }
        return Result<>{};
      };
      const Seam seam;
      a.send("x");
      rig.until([&] { return seam.sends != 0; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, seam.sends);  // in that one turn
      rig.expect_reply(a, "aaaa");
      rig.expect_reply(b, "bbbb");
    });
  }

  void a_put_outside_of_the_loop_leaves_in_the_next_turn() {
    on_each_readiness([](Rig& rig) {
      auto& client = rig.connect();
      const Seam seam;
      Rig::expect_ok(client.host->put("one"));
      Rig::expect_ok(client.host->put("two"));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, seam.sends);
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seam.sends);
      rig.expect_reply(client, "onetwo");
    });
  }

  void a_block_leaves_with_the_cork() {
    on_each_readiness([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) {
        Rig::expect_ok(h.put("1"));
        Rig::expect_ok(h.put(block("2")));
        return h.put("3");
      };
      auto& client = rig.connect();
      const Seam seam;
      client.send("x");
      rig.expect_reply(client, "123");
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seam.sends);
    });
  }

  void a_chain_of_blocks_keeps_its_place() {
    on_each_backend([](Rig& rig) {
      rig.stage->on_data = [](Host& h, Bytes) {
        Rig::expect_ok(h.put("1"));
        Rig::expect_ok(h.put(chain({"2", "3", "4"})));
        return h.put("5");
      };
      auto& client = rig.connect();
      client.send("x");
      rig.expect_reply(client, "12345");
    });
  }

  void a_block_that_is_queued_is_not_copied() {
    on_each_backend([](Rig& rig) {
      const std::string& body = more_than_the_kernel_takes();
      bool released = false;
      rig.stage->on_data = [&](Host& h, Bytes) {
        auto wrapped = Message_Block::wrap(strata::as_bytes(body), [&]() noexcept { released = true; });
        return h.put(std::move(*wrapped));
      };
      auto& client = rig.connect();
      client.send("x");
      rig.until([&] { return client.host->queued() != 0; });
      CPPUNIT_ASSERT(!released);
      rig.expect_reply(client, body);
      rig.until([&] { return released; });
    });
  }

  void every_split_of_a_gathered_write_gives_the_same_bytes() {
    on_each_backend([](Rig& rig) {
      const std::string large = pattern(8192);  // leaves in one gathered write behind the cork of 100 bytes
      const std::string wanted = large.substr(0, 100) + large + "tail";
      rig.stage->on_data = [&](Host& h, Bytes) {
        Rig::expect_ok(h.put(large.substr(0, 100)));
        Rig::expect_ok(h.put(large));
        return h.put("tail");
      };
      auto& client = rig.connect();
      const std::size_t step = rig.backend.is("epoll") ? 1 : 37;  // each takes its time
      for (std::size_t k = 0; k < wanted.size(); k += step) expect_split(rig, client, k, wanted);
    });
  }

  void every_split_of_a_queued_chain_gives_the_same_bytes() {
    on_each_backend([](Rig& rig) {
      const std::string wanted = "alphabetagammadelta";
      rig.stage->on_data = [](Host& h, Bytes) { return h.put(chain({"alpha", "beta", "gamma", "delta"})); };
      auto& client = rig.connect();
      for (std::size_t k = 0; k < wanted.size(); ++k) expect_split(rig, client, k, wanted);
    });
  }

  void a_send_that_takes_nothing_queues_all() {
    on_each_readiness([](Rig& rig) {
      rig.stage->on_data = echo;
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = [](std::size_t) { return raw(std::errc::operation_would_block); };
      client.send("patience");
      rig.until([&] { return client.host->queued() == 8; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{8}, rig.process.used());
      seam.on_send = {};
      rig.expect_reply(client, "patience");
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.process.used());
    });
  }

  void a_blocked_send_is_not_tried_again_in_the_same_turn() {
    on_each_readiness([](Rig& rig) {
      rig.stage->on_data = echo;
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = [](std::size_t) { return raw(std::errc::operation_would_block); };
      client.send("patience");
      rig.until([&] { return seam.sends != 0; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seam.sends);
    });
  }

  /// However low the mark is that its queue is above, and whatever waits to be delivered. Where buffers are as small as
  /// they are said to be.
  void a_peer_that_takes_little_costs_few_turns() {
    static constexpr std::array<std::string_view, 2> simulated{"sim", "sim-ring"};
    on_each(simulated, {.stream = {.high_water = 1'000, .low_water = 1'000}}, [](Rig& rig) {
      rig.backend.simulator()->buffer_size(3'000);
      auto& client = rig.connect();
      std::string sent;
      rig.stage->on_data = [&sent](Host& h, Bytes bytes) {
        Rig::expect_ok(h.unread(bytes));  // it would go on with them
        if (sent.size() < 50'000) sent += pattern(7'000), Rig::expect_ok(h.put(pattern(7'000)));
        return Result<>{};
      };
      client.send("x");
      for (int i = 0; i < 40; ++i) {
        const std::uint64_t before = rig.turns();
        rig.run_for(1s);
        CPPUNIT_ASSERT(rig.turns() - before < 50);
        client.read(1'500);
      }
      rig.expect_reply(client, sent);
      CPPUNIT_ASSERT(sent.size() > 50'000);
    });
  }

  void output_is_watched_only_while_something_is_queued() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      const std::string& reply = more_than_the_kernel_takes();
      Rig::expect_ok(client.host->put(reply));
      rig.expect_reply(client, reply);
      rig.settle();
      const std::uint64_t before = rig.turns();
      rig.run_for(1s);
      CPPUNIT_ASSERT(rig.turns() - before <= 2);
    });
  }

  void a_send_that_fails_closes_once_with_its_error() {
    on_each_readiness([](Rig& rig) {
      rig.stage->on_data = echo;
      auto& client = rig.connect();
      Seam seam;
      seam.on_send = [](std::size_t) { return raw(std::errc::connection_reset); };
      client.send("x");
      rig.expect_closed(std::errc::connection_reset);
    });
  }

  void a_queue_whose_send_fails_closes_once_with_its_error() {
    on_each_readiness([](Rig& rig) {
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put("x"));
      Seam seam;
      seam.on_send = [](std::size_t) { return raw(std::errc::host_unreachable); };
      rig.expect_closed(std::errc::host_unreachable);
    });
  }

  void a_reset_in_the_middle_of_a_reply_is_one_close() {
    on_each_backend([](Rig& rig) {
      auto& client = rig.connect();
      Rig::expect_ok(client.host->put(more_than_the_kernel_takes()));
      rig.settle();
      CPPUNIT_ASSERT(client.host->queued() != 0);
      client.reset();
      rig.expect_closed(std::errc::connection_reset);
    });
  }

  void a_hook_that_ignores_the_reset_is_told_once() {
    on_each_backend([](Rig& rig) {
      auto &a = rig.connect(), &b = rig.connect();
      rig.stage->on_data = [&](Host&, Bytes) {
        a.reset();
        for (int i = 0; i < 100; ++i) (void)a.host->put(pattern(9000));
        return Result<>{};
      };
      b.send("x");
      // Before Linux 6.1 the receive under way has taken the error already, and the send finds a broken pipe.
      const bool is_taken = rig.backend.is("old-ring") && !rig.accepts_many();
      rig.expect_closed(is_taken ? std::errc::broken_pipe : std::errc::connection_reset);
    });
  }

 private:
  static Message_Block block(std::string_view text) {
    auto made = Message_Block::copy(strata::as_bytes(text));
    CPPUNIT_ASSERT(made.has_value());
    return std::move(*made);
  }
  static Message_Block chain(std::initializer_list<std::string_view> parts) {
    Message_Block whole;
    for (const std::string_view part : parts) Rig::expect_ok(whole.cont(block(part)));
    return whole;
  }

  /// The first send takes `k` bytes, the next nothing, then all goes.
  static void expect_split(Rig& rig, Rig::Client& client, std::size_t k, const std::string& wanted) {
    client.got.clear();
    Seam seam;
    seam.on_send = [&](std::size_t size) -> os::Raw {
      const bool blocked = seam.sends == 2 || (seam.sends == 1 && k == 0);
      if (blocked) return raw(std::errc::operation_would_block);
      return static_cast<os::Raw>(seam.sends == 1 ? std::min(k, size) : size);
    };
    client.send("x");
    rig.expect_reply(client, wanted);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Svc_Output_Test);

}  // namespace
