// SPDX-License-Identifier: Apache-2.0
// Faults of connections that are served by operations, in every model, with real threads, on both engines (faults.md,
// rows 5, 7, 11, 15, 16, 23).
#include <strata/proactor/Asynch_Connector.h>

#include <mutex>
#include <stdexcept>

#include <strata/reactor/Reactor_Metrics.h>
#include <strata_test/Scale.h>

#include "../connection/Nobody.h"
#include "../connection/Stopped_Server.h"
#include "Service_Models_Rig.h"

namespace {

using namespace strata_test;
using Rig = Service_Models_Rig;
using strata::Completed;
using strata::Operation_Kind;

/// Of each model and engine.
std::uint64_t share_of(std::uint64_t full) {
  return count(full) / (service_models.size() * operation_engines().size()) + 1;
}

/// Connects, and is gone.
class Caller final : public strata::Service_Handler {
 public:
  static inline std::atomic<std::uint64_t> opened = 0;

 private:
  Result<> open() override {
    ++opened;
    close();
    return {};
  }
};

class Service_Models_Fault_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Service_Models_Fault_Test);
  CPPUNIT_TEST(fault_5_a_reset_in_the_middle_of_a_write_is_one_close);
  CPPUNIT_TEST(fault_7_the_answer_to_a_half_closed_peer_goes_out_whole);
  CPPUNIT_TEST(fault_7_a_half_closed_connection_does_not_spin);
  CPPUNIT_TEST(fault_11_a_connect_completes_once_however_it_ends);
  CPPUNIT_TEST(fault_15_a_hook_that_throws_costs_its_connection);
  CPPUNIT_TEST(fault_16_a_hook_closes_itself_and_others_and_runs_no_loop);
  CPPUNIT_TEST(fault_23_a_process_that_was_stopped_serves_on);
  CPPUNIT_TEST_SUITE_END();

 public:
  void fault_5_a_reset_in_the_middle_of_a_write_is_one_close() {
    const std::uint64_t resets = share_of(100'000);
    const std::string large(300'000, 'x');
    in_each_service_model([&](Rig& rig) {
      rig.service->on_open = [&large](Party& party) {
        const Result<> reads = party.read(100);
        return reads ? party.write(block_of(large)) : reads;
      };
      rig.service->on_close = [&rig](Party&, std::error_code why) {
        if (why != std::errc::connection_reset && why != std::errc::broken_pipe && why != errc::stopping) ++rig.events;
      };
      rig.start();
      for (std::uint64_t i = 0; i < resets; ++i) {
        Peer& peer = rig.knock();
        if (i % 3 != 0) until([&] { return peer.read(i % 3 * 1'000), !peer.got.empty(); });
        if (i % 2 == 0) (void)peer.push("x");
        peer.reset();
      }
      until([&] { return rig.service->connections() == 0 && rig.service->closed > 0; });
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.events.load());
      rig.finish();
    });
  }

  void fault_7_the_answer_to_a_half_closed_peer_goes_out_whole() {
    const std::string answer(3'000'000, 'a');  // more than a peer takes unasked
    in_each_service_model([&](Rig& rig) {
      rig.service->on_read = [](Party& party, Completed& got) {
        party.kept = std::move(got.block);
        return party.read(100);
      };
      rig.service->on_failure = [&answer](Party& party, Completed& failed) -> Result<> {
        if (failed.error != errc::end_of_stream) return strata::fail(failed.error);
        if (text_of(party.kept) != "question") return strata::fail(std::errc::bad_message);
        return party.write(block_of(answer));
      };
      rig.service->on_write = [](Party& party, Completed&) { return party.close(), Result<>{}; };
      rig.start();
      rig.knock(4);
      for (Peer& peer : rig.peers) {
        rig.send(peer, "question");
        peer.finish();
      }
      for (Peer& peer : rig.peers) {
        rig.expect_end(peer);
        CPPUNIT_ASSERT(!peer.error && peer.got == answer);
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{12}, rig.service->completions.load());  // a read, the end, a write
      rig.finish();
    });
  }

  void fault_7_a_half_closed_connection_does_not_spin() {
    in_each_service_model([](Rig& rig) {
      rig.service->on_failure = [](Party& party, Completed& failed) -> Result<> {
        return failed.error == errc::end_of_stream ? party.wait(5ms) : strata::fail(failed.error);
      };
      rig.service->on_done = [&rig](Party& party, Completed&) {
        const std::uint64_t turns = party.home().metrics().turns.value();
        if (party.number++ == 0) return party.number = turns + 1, party.wait(20ms);
        rig.events = 2 + turns - party.number;
        return Result<>{};
      };
      rig.start();
      Peer& peer = rig.knock();
      rig.send(peer, "x");
      rig.expect(peer, "x");
      peer.finish();
      until([&] { return rig.events != 0; });
      CPPUNIT_ASSERT(rig.events < 100);  // in a loop that spins they are thousands
      rig.finish();
    });
  }

  /// Where one is accepted, where nobody listens, and canceled at once.
  void fault_11_a_connect_completes_once_however_it_ends() {
    const std::uint64_t tries = share_of(100'000);
    in_each_service_model([&](Rig& rig) {
      const Nobody nobody;
      Caller::opened = 0;
      std::atomic<std::uint64_t> failed{0}, refused{0};
      rig.start();
      for (std::uint64_t i = 0; i < tries; ++i) {
        rig.at_home([&, i, to = i % 3 == 1 ? nobody.address : rig.address] {
          const auto begun = strata::Asynch_Connector<Caller>::connect(
              rig.proactors->of(*rig.main), to, i % 2 == 0 ? 10s : 0s, [&failed](std::error_code) { ++failed; });
          if (!begun) ++refused;
          if (begun && i % 3 == 2) (void)rig.main->close(*begun, errc::canceled);
        });
        if (i % 200 == 199) until([&] { return Caller::opened + failed > i; });  // select(2) has room for 1,024
      }
      until([&] { return Caller::opened + failed >= tries; });
      rig.finish();
      CPPUNIT_ASSERT_EQUAL(tries, Caller::opened + failed);
      CPPUNIT_ASSERT(failed >= tries / 3 && Caller::opened >= tries / 3);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, refused.load());
    });
  }

  void fault_15_a_hook_that_throws_costs_its_connection() {
    const std::uint64_t throws = share_of(1'000'000);
    in_each_service_model([&](Rig& rig) {
      rig.service->on_read = [](Party& party, Completed& got) -> Result<> {
        if (got.block.readable()[0] == std::byte{'!'}) throw std::runtime_error{"of the test"};
        return party.write(std::move(got.block));
      };
      rig.start();
      Peer& bystander = rig.knock();
      for (std::uint64_t i = 0; i < throws; ++i) {
        Peer& peer = rig.knock();
        rig.send(peer, "!");
        rig.expect_end(peer);
        peer.close();
      }
      rig.send(bystander, "x");
      rig.expect(bystander, "x");
      rig.finish();
    });
  }

  /// Every fourth stays, and is closed by the next of its reactor.
  void fault_16_a_hook_closes_itself_and_others_and_runs_no_loop() {
    in_each_service_model([](Rig& rig) {
      std::mutex mutex;
      std::vector<std::pair<strata::Reactor*, strata::Handler_Ref>> others;
      rig.service->on_read = [&](Party& party, Completed& got) -> Result<> {
        strata::Reactor& home = party.home();
        const auto nested = home.run_one();
        if (nested || nested.error() != std::errc::resource_deadlock_would_occur) ++rig.events;
        const std::lock_guard held{mutex};
        if (got.block.readable()[0] == std::byte{'o'}) {
          others.emplace_back(&home, party.ref());
          return party.read(100);
        }
        for (const auto& [reactor, other] : others) {
          if (reactor == &home) (void)home.close(other, errc::shed);  // some are gone already
        }
        party.close();
        if (party.read(1) || party.write(block_of("x"))) ++rig.events;
        return {};
      };
      rig.start();
      for (int i = 0; i < 40; ++i) rig.send(rig.knock(), i % 4 == 0 ? "o" : "c");
      for (std::size_t i = 0; i < 40; ++i) {
        if (i % 4 != 0) rig.expect_end(rig.peers[i]);
      }
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.events.load());
      rig.finish();
    });
  }

  /// The connection has a timer that comes again and again.
  void fault_23_a_process_that_was_stopped_serves_on() {
    in_models(operation_engines(), any_model, [](const Service_Model& model, std::string_view engine) {
      expect_served_across_stops([&](auto serve) {
        Rig rig{model, engine, strata::Budget::unlimited};
        rig.service->on_open = [](Party& party) {
          const Result<> timed = party.wait(1ms);
          return timed ? party.read(100, {.deadline = 1h}) : timed;
        };
        rig.service->on_done = [](Party& party, Completed&) { return party.wait(1ms); };
        serve(rig);
      });
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Service_Models_Fault_Test);

}  // namespace
