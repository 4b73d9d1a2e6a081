// SPDX-License-Identifier: Apache-2.0
// What happens to the bytes and the end of a connection, in every model, with real threads (faults 4 to 10 and 15).
#include <strata/connection/Svc_Handler.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata_test/Scale.h>

#include "Models_Fault_Rig.h"

namespace {

using namespace strata_test;
using namespace std::chrono_literals;
using strata::Bytes;
using strata::errc;
using strata::Result;

class Models_Stream_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Models_Stream_Test);
  CPPUNIT_TEST(fault_4_interruptions_are_not_noticed);
  CPPUNIT_TEST(fault_5_a_reset_in_the_middle_of_a_write_is_one_close);
  CPPUNIT_TEST(fault_6_a_message_may_be_split_anywhere);
  CPPUNIT_TEST(fault_6_short_writes_are_not_noticed);
  CPPUNIT_TEST(fault_7_data_before_a_fin_and_the_rest_of_the_reply_arrive);
  CPPUNIT_TEST(fault_7_a_half_closed_connection_does_not_spin);
  CPPUNIT_TEST(fault_8_a_peer_that_does_not_read_costs_no_more_than_the_mark);
  CPPUNIT_TEST(fault_9_a_peer_that_drips_is_closed_by_a_deadline);
  CPPUNIT_TEST(fault_10_one_that_pipelines_starves_nobody);
  CPPUNIT_TEST(fault_15_a_hook_that_throws_costs_its_connection);
  CPPUNIT_TEST_SUITE_END();

 public:
  void fault_4_interruptions_are_not_noticed() {
    std::optional<Interruptions> everywhere;
    if (!Interruptions::wanted()) everywhere.emplace();  // else each rig has its own
    on_each_service_model([](Fault_Rig& rig) { expect_echoes(rig, 8, pattern(20'000)); });
  }

  void fault_5_a_reset_in_the_middle_of_a_write_is_one_close() {
    const std::uint64_t resets = count(100'000) / service_engines().size() + 1;  // of each model
    const std::string reply = pattern(300'000);
    on_each_service_model([&](Fault_Rig& rig) {
      rig.service->on_open = [&reply](Actor& actor) { return actor.put(reply); };
      rig.service->on_close = [&rig](Actor&, std::error_code why) {
        const bool kept = why == std::errc::connection_reset || why == std::errc::broken_pipe || why == errc::stopping;
        if (!kept) ++rig.events;
      };
      rig.start();
      for (std::uint64_t i = 0; i < resets; ++i) {
        Peer peer = Peer::connect(rig.address);
        until([&] { return rig.service->opened > i; });
        peer.read(1'000);
        peer.reset();
      }
      until([&] { return rig.service->closed == resets; });
      CPPUNIT_ASSERT_EQUAL(resets, static_cast<std::uint64_t>(rig.service->opened));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.events.load());
    });
  }

  /// The peer sends n bytes, then the rest; of the answer the kernel takes n bytes first.
  void fault_6_a_message_may_be_split_anywhere() {
    on_each_service_model([](Fault_Rig& rig) {
      constexpr std::size_t size = 64;
      rig.service->on_data = [&rig](Actor& actor, Bytes bytes) -> Result<> {
        if (bytes.size() < size) {
          ++rig.events;
          return actor.unread(bytes);
        }
        for (std::size_t i = 0; i < size; i += 16) {  // one gathered write of what four puts gave
          if (const Result<> done = actor.put(bytes.subspan(i, 16)); !done) return done;
        }
        return {};
      };
      rig.seam.on_send = [](strata::Const_Bytes first, std::size_t total) {
        const auto mark = std::to_integer<std::size_t>(first.front());
        return mark != 0 && mark < size ? mark : total;
      };
      rig.start();
      rig.knock(size - 1);
      std::vector<std::string> sent;
      for (std::size_t n = 1; n < size; ++n) {
        sent.push_back(static_cast<char>(n) + pattern(size - 1));
        rig.peers[n - 1].set_no_delay();
        until([&] { return rig.peers[n - 1].push(sent.back().substr(0, n)) == n; });
      }
      until([&] { return rig.events >= size - 1; });
      for (std::size_t n = 1; n < size; ++n) rig.peers[n - 1].send(sent[n - 1].substr(n));
      for (std::size_t n = 1; n < size; ++n) {
        Peer& peer = rig.peers[n - 1];
        until([&] { return peer.read(), peer.got.size() >= size; });
        CPPUNIT_ASSERT(peer.got == sent[n - 1]);
      }
    });
  }

  void fault_6_short_writes_are_not_noticed() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.seam.on_send = [&rig](strata::Const_Bytes, std::size_t total) {
        const std::uint64_t call = ++rig.calls;
        return call % 3 == 0 ? 0 : std::min<std::size_t>(total, 1 + call % 1999);
      };
      expect_echoes(rig, 4, pattern(20'000));
    });
  }

  void fault_7_data_before_a_fin_and_the_rest_of_the_reply_arrive() {
    const std::string reply = pattern(1'000'000);  // more than is sent at once
    on_each_service_model([&](Fault_Rig& rig) {
      rig.service->on_data = [&](Actor& actor, Bytes bytes) -> Result<> {
        if (strata::as_text(bytes) != "request") ++rig.events;
        return actor.put(reply);
      };
      rig.start();
      rig.knock(3);
      for (Peer& peer : rig.peers) {
        until([&] { return peer.push("request") != 0; });
        peer.finish();
      }
      for (Peer& peer : rig.peers) {
        rig.expect_end(peer);
        CPPUNIT_ASSERT(!peer.error && peer.got == reply);
      }
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.events.load());
    });
  }

  /// The handler lives on after its peer's FIN, and for 20 ms its reactor has nothing to do.
  void fault_7_a_half_closed_connection_does_not_spin() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.service->on_end = [&rig](Actor& actor) -> Result<> {
        actor.timer = actor.schedule(5ms, [&rig, &actor] {
          const std::uint64_t turns = actor.home().metrics().turns.value();
          actor.timer = actor.schedule(20ms, [&rig, &actor, turns] {
            rig.events = 1 + actor.home().metrics().turns.value() - turns;
            actor.close(errc::end_of_stream);
          });
        });
        return {};
      };
      rig.start();
      rig.knock(1);
      until([&] { return echoes(rig.peers[0]); });
      rig.peers[0].finish();
      until([&] { return rig.events != 0; });
      CPPUNIT_ASSERT(rig.events < 100);  // in a loop that spins they are thousands
    });
  }

  void fault_8_a_peer_that_does_not_read_costs_no_more_than_the_mark() {
    constexpr std::size_t mark = 64 * 1024;
    on_each_service_model({.write_timeout = 30ms, .high_water = mark, .low_water = mark / 4}, [](Fault_Rig& rig) {
      rig.service->on_data = [&rig](Actor& actor, Bytes bytes) {
        const Result<> done = actor.put(bytes);
        if (actor.queued() > mark + strata::Run_Context::read_size) ++rig.calls;
        return done;
      };
      rig.service->on_close = [&rig](Actor&, std::error_code why) { rig.events += why == errc::write_timeout ? 1 : 0; };
      rig.start();
      for (int i = 0; i < 2; ++i) rig.peers.push_back(Peer::connect(rig.address, 4096));
      const std::string requests = pattern(64 * 1024);
      until([&] {
        for (Peer& peer : rig.peers) (void)peer.push(requests);
        return rig.service->closed == 2;
      });
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, rig.events.load());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.calls.load());
    });
  }

  /// Bytes keep the idle timeout away; the handler's own deadline for a whole request does not care.
  void fault_9_a_peer_that_drips_is_closed_by_a_deadline() {
    on_each_service_model({.idle_timeout = 10s}, [](Fault_Rig& rig) {
      rig.service->on_open = [](Actor& actor) -> Result<> {
        actor.timer = actor.schedule(10ms, [&actor] { actor.close(errc::idle_timeout); });
        return {};
      };
      rig.service->on_data = [](Actor&, Bytes) { return Result<>{}; };  // never a whole one
      rig.service->on_close = [&rig](Actor&, std::error_code why) { rig.events += why == errc::idle_timeout ? 1 : 0; };
      rig.start();
      rig.knock(2);
      until([&] {
        for (Peer& peer : rig.peers) (void)peer.push("x");
        return rig.service->closed == 2;
      });
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, rig.events.load());
    });
  }

  /// While one peer has always sent more than is answered, others get their answers.
  void fault_10_one_that_pipelines_starves_nobody() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.service->on_data = [](Actor& actor, Bytes bytes) {
        return bytes.size() == 1 ? actor.put(bytes) : Result<>{};
      };
      rig.start();
      Peer hot = Peer::connect(rig.address);
      rig.knock(3);
      const std::string requests = pattern(100'000);
      for (int round = 0; round < 10; ++round) {
        for (Peer& peer : rig.peers) {
          peer.got.clear();
          until([&] { return (void)hot.push(requests), peer.push("x") != 0; });
          until([&] { return (void)hot.push(requests), peer.read(), !peer.got.empty(); });
        }
      }
    });
  }

  void fault_15_a_hook_that_throws_costs_its_connection() {
    const std::uint64_t throws = count(1'000'000) / 10 / service_engines().size();  // of each model
    on_each_service_model([&](Fault_Rig& rig) {
      rig.service->on_open = [](Actor& actor) -> Result<> {
        if (actor.peer().port() % 3 == 0) throw std::runtime_error{"open"};
        return {};
      };
      rig.service->on_data = [](Actor& actor, Bytes bytes) -> Result<> {
        if (actor.peer().port() % 3 == 1) throw std::runtime_error{"data"};
        return actor.put(bytes);
      };
      rig.service->on_end = [](Actor&) -> Result<> { throw 1; };
      rig.service->on_close = [&rig](Actor&, std::error_code why) {
        rig.events += why == std::errc::state_not_recoverable ? 1 : 0;
      };
      rig.start();
      for (std::uint64_t i = 0; i < throws; ++i) {
        Peer peer = Peer::connect(rig.address);
        until([&] { return peer.push("x") != 0 || (peer.read(), peer.ended || peer.error); });
        (void)os::shutdown(peer.handle(), os::Shutdown::send);  // it may have been reset by now
        rig.expect_end(peer);
      }
      until([&] { return rig.service->closed == throws; });
      CPPUNIT_ASSERT_EQUAL(throws, rig.events.load());
    });
  }

 private:
  static void expect_echoes(Fault_Rig& rig, std::size_t peers, const std::string& text) {
    rig.start();
    rig.knock(peers);
    for (Peer& peer : rig.peers) rig.send(peer, text);
    for (Peer& peer : rig.peers) rig.expect(peer, text);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Models_Stream_Test);
