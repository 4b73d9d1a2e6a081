// SPDX-License-Identifier: Apache-2.0
// Pools, strands, tasks and gates in the simulator: what they promise holds whichever thread goes on.
#include <strata/concurrency/Strand.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/concurrency/Gate.h>
#include <strata/concurrency/Reactor_Pool.h>
#include <strata/concurrency/Task.h>
#include <strata/concurrency/Thread_Pool.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Thread.h>
#include <strata/sim/Simulator.h>

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using strata::Message_Block;
using strata::sim::Simulator;

Message_Block message(int hops) { return std::move(*Message_Block::copy(strata::as_bytes(std::to_string(hops)))); }

/// Hands each message on, until it has made its hops; what the next one refuses goes on from here.
class Relay final : public strata::Task {
 public:
  Relay(Simulator& world, int& done) : Task({.high_count = 1, .low_count = 0}), world_(world), done_(done) {}
  ~Relay() override { stop(); }
  Relay* next = nullptr;

 private:
  void handle_message(Message_Block block) override {
    const std::string_view text = strata::as_text(block.readable());
    int hops = 0;
    std::from_chars(text.data(), text.data() + text.size(), hops);
    world_.may_switch();
    while (hops > 0 && !next->put(message(hops - 1))) --hops;  // refused: it closes a cycle, and has made that hop here
    if (hops == 0) ++done_;
  }

  Simulator& world_;
  int& done_;
};

class Sim_Concurrency_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Sim_Concurrency_Test);
  CPPUNIT_TEST(callbacks_of_a_strand_keep_their_order_and_never_overlap);
  CPPUNIT_TEST(what_a_pool_took_runs_once);
  CPPUNIT_TEST(a_cycle_of_full_queues_ends);
  CPPUNIT_TEST(a_gate_opens_when_the_last_has_left);
  CPPUNIT_TEST(reactors_start_run_and_stop);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { strata::Log_System::process().set_level("", strata::Log_Level::off); }

  void callbacks_of_a_strand_keep_their_order_and_never_overlap() {
    under_seeds([](Simulator& world) {
      const auto pool = std::move(*strata::Thread_Pool::open({.threads = 3, .capacity = 4}));
      strata::Strand strand{*pool};
      int inside = 0, next = 0, posted = 0;
      CPPUNIT_ASSERT(pool->start().has_value());
      for (int i = 0; i < 20; ++i) {
        const auto taken = strand.post([&, i] {
          CPPUNIT_ASSERT_EQUAL(1, ++inside);
          world.may_switch();
          CPPUNIT_ASSERT_EQUAL(next++, i);
          --inside;
        });
        CPPUNIT_ASSERT(taken.has_value());
        ++posted;
        if (i % 3 == 0) (void)pool->post([&world] { world.advance(1ms); });
      }
      pool->stop();
      CPPUNIT_ASSERT_EQUAL(posted, next);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pool->exceptions());
    });
  }

  void what_a_pool_took_runs_once() {
    under_seeds([](Simulator& world) {
      const auto pool = std::move(*strata::Thread_Pool::open({.threads = 2, .capacity = 2}));
      CPPUNIT_ASSERT(pool->start().has_value());
      std::array<int, 40> ran{};
      bool stopped = false;
      int taken = 0;
      {
        os::Thread stops = std::move(*os::spawn("stops", [&] {
          world.advance(5ms);
          stopped = true;
          pool->stop();
        }));
        for (std::size_t i = 0; i < ran.size(); ++i) {
          const auto posted = pool->post([&world, &ran, i] { world.advance(500us), ++ran[i]; }, world.now() + 2ms);
          taken += posted ? 1 : 0;
          CPPUNIT_ASSERT(posted || posted.error() == std::errc::timed_out || stopped);
        }
      }
      int sum = 0;
      for (const int count : ran) sum += count;
      CPPUNIT_ASSERT_EQUAL(taken, sum);
    });
  }

  void a_cycle_of_full_queues_ends() {
    under_seeds([](Simulator& world) {
      int done = 0;
      std::vector<std::unique_ptr<Relay>> ring;
      for (int i = 0; i < 3; ++i) ring.push_back(std::make_unique<Relay>(world, done));
      for (std::size_t i = 0; i < ring.size(); ++i) ring[i]->next = ring[(i + 1) % ring.size()].get();
      for (std::size_t i = 0; i < ring.size(); ++i) {
        CPPUNIT_ASSERT(ring[i]->activate({.threads = 1 + static_cast<unsigned>(i % 2)}).has_value());
      }
      for (std::size_t i = 0; i < 9; ++i) CPPUNIT_ASSERT(ring[i % ring.size()]->put(message(10)).has_value());
      for (int i = 0; i < 1'000 && done < 9; ++i) world.advance(10ms);
      CPPUNIT_ASSERT_EQUAL(9, done);
      for (const auto& one : ring) one->stop();
    });
  }

  void a_gate_opens_when_the_last_has_left() {
    under_seeds([](Simulator& world) {
      strata::Gate gate;
      int inside = 0;
      std::vector<os::Thread> guests;
      for (int i = 0; i < 3; ++i) {
        guests.push_back(std::move(*os::spawn("guest", [&] {
          const auto pass = gate.enter();
          if (!pass) return;
          ++inside;
          world.advance(1ms);
          --inside;
        })));
      }
      world.may_switch();
      gate.close();
      CPPUNIT_ASSERT(gate.await_empty().has_value());
      CPPUNIT_ASSERT_EQUAL(0, inside);
    });
  }

  void reactors_start_run_and_stop() {
    under_seeds([](Simulator&) {
      const auto main = std::move(*strata::Reactor::open());
      const auto pool = std::move(*strata::Reactor_Pool::open(*main, 3));
      int ran = 0;
      CPPUNIT_ASSERT(pool->start().has_value());
      for (strata::Reactor* one : pool->serving()) {
        for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(one->post([&ran] { ++ran; }).has_value());
      }
      pool->stop();
      CPPUNIT_ASSERT_EQUAL(15, ran);
    });
  }

 private:
  template <class Test>
  static void under_seeds(Test test) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      Simulator world{seed};
      const auto ran = world.run([&] { test(world); });
      CPPUNIT_ASSERT_MESSAGE(world.diagnosis(), ran.has_value());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Concurrency_Test);

}  // namespace
