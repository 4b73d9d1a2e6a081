// SPDX-License-Identifier: Apache-2.0
// What accept(2) may say besides a connection (faults 1 and 2).
#include <strata/connection/Acceptor.h>

#include <memory>

#include <strata/logging/Log_Sink.h>

#include "Connection_Rig.h"

namespace {

using namespace strata_test;
using Rig = Connection_Rig;

/// A cap, never reached: with one each accept is a call through the seam, beside a ring, too (Accepting_Test).
const strata::Acceptor_Options by_calls{.max_connections = 100'000};

/// Counts lines.
class Counting_Sink final : public strata::Log_Sink {
 public:
  explicit Counting_Sink(std::size_t& lines) : lines_(lines) {}
  Result<> write(const strata::Log_Record&) override { return ++lines_, Result<>{}; }

 private:
  std::size_t& lines_;
};

class Acceptor_Fault_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Acceptor_Fault_Test);
  CPPUNIT_TEST(out_of_descriptors_the_listener_pauses);
  CPPUNIT_TEST(it_accepts_again_soon_after_a_descriptor_is_free);
  CPPUNIT_TEST(it_accepts_again_at_once_when_a_connection_of_its_own_goes);
  CPPUNIT_TEST(an_episode_is_one_pause_and_one_line_a_second);
  CPPUNIT_TEST(an_episode_ends_when_no_peer_is_left);
  CPPUNIT_TEST(with_a_reserve_peers_are_turned_away);
  CPPUNIT_TEST(without_memory_the_listener_lives);
  CPPUNIT_TEST(without_buffers_the_listener_lives);
  CPPUNIT_TEST(aborted_connections_are_counted);
  CPPUNIT_TEST(protocol_errors_are_counted);
  CPPUNIT_TEST(a_firewalls_refusals_are_counted);
  CPPUNIT_TEST(an_error_of_the_listener_itself_closes_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override { CPPUNIT_ASSERT(log().set_sink(std::make_unique<Counting_Sink>(lines_)).has_value()); }

  void out_of_descriptors_the_listener_pauses() {
    on_each_backend([](Rig& rig) {
      Seam seam;
      starve(rig, seam, std::errc::too_many_files_open);
      const std::uint64_t turns = rig.turns();
      rig.run_for(10s);
      CPPUNIT_ASSERT(seam.accepts <= 10s / 40ms + 10);
      CPPUNIT_ASSERT(rig.turns() - turns <= 4 * seam.accepts);  // the wheel's own turns among them
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
    });
  }

  void it_accepts_again_soon_after_a_descriptor_is_free() {
    on_each_backend([](Rig& rig) {
      Seam seam;
      starve(rig, seam, std::errc::too_many_files_open_in_system);
      rig.run_for(5s);
      seam.on_accept = {};
      rig.run_for(50ms);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
    });
  }

  void it_accepts_again_at_once_when_a_connection_of_its_own_goes() {
    on_each_backend([](Rig& rig) {
      rig.listen(by_calls);
      auto& client = rig.connect();
      Seam seam;
      starve(rig, seam, std::errc::too_many_files_open);
      rig.run_for(5s);
      seam.on_accept = {};
      client.close();
      rig.until([&] { return rig.stage->hosts.size() == 2; });  // no time passes
    });
  }

  void an_episode_is_one_pause_and_one_line_a_second() {
    on_each_backend([this](Rig& rig) {
      listen_to_log();
      Seam seam;
      starve(rig, seam, std::errc::too_many_files_open);
      rig.run_for(10s);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.stage->metrics().pauses.value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_);
      for (int i = 0; i < 100; ++i) one_episode(rig, seam);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{101}, rig.stage->metrics().pauses.value());
      CPPUNIT_ASSERT(lines_ <= 1 + 100 * 50ms / 1s + 1);
      strata::Log_System::process().set_level("", strata::Log_Level::off);
    });
  }

  void an_episode_ends_when_no_peer_is_left() {
    on_each_backend([](Rig& rig) {
      Seam seam;
      starve(rig, seam, std::errc::too_many_files_open);
      rig.run_for(1s);
      bool gone = true;  // it left before it could be accepted; the next comes to a new want
      seam.on_accept = [&] {
        return raw(std::exchange(gone, false) ? std::errc::operation_would_block : std::errc::too_many_files_open);
      };
      rig.run_for(50ms);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, rig.stage->metrics().pauses.value());
    });
  }

  void with_a_reserve_peers_are_turned_away() {
    on_each_backend([](Rig& rig) {
      rig.listen({.max_connections = by_calls.max_connections, .shed_when_full = true});
      Seam seam;
      std::uint64_t tried = 0;  // a turn's first try is the listener's own; for others the reserve makes room
      seam.on_accept = [&]() -> std::optional<os::Raw> {
        const std::uint64_t turn = rig.turns();
        if (std::exchange(tried, turn) != turn) return raw(std::errc::too_many_files_open);
        return std::nullopt;
      };
      for (int i = 0; i < 3; ++i) rig.knock();
      for (auto& client : rig.clients) {
        for (int i = 0; i < 20 && !client.error; ++i) {
          rig.run_for(50ms);
          client.read();
        }
        CPPUNIT_ASSERT_EQUAL(condition(std::errc::connection_reset).message(), client.error.message());
      }
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, rig.stage->metrics().shed.value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.stage->connections());
    });
  }

  void without_memory_the_listener_lives() { expect_survived(std::errc::not_enough_memory); }
  void without_buffers_the_listener_lives() { expect_survived(std::errc::no_buffer_space); }
  void aborted_connections_are_counted() { expect_survived(std::errc::connection_aborted); }
  void protocol_errors_are_counted() { expect_survived(std::errc::protocol_error); }
  void a_firewalls_refusals_are_counted() { expect_survived(std::errc::operation_not_permitted); }

  void an_error_of_the_listener_itself_closes_it() {
    on_each_backend([](Rig& rig) {
      rig.listen(by_calls);
      Seam seam;
      seam.on_accept = [] { return raw(std::errc::invalid_argument); };
      rig.knock();
      rig.until([&] { return rig.reactor->size() == 0; });
      CPPUNIT_ASSERT(rig.acceptor->addresses().empty());
    });
  }

 private:
  static strata::Log_System& log() { return strata::Log_System::process(); }

  void listen_to_log() {
    CPPUNIT_ASSERT(log().set_sink(std::make_unique<Counting_Sink>(lines_)).has_value());
    log().set_level("", strata::Log_Level::info);
    lines_ = 0;
  }

  /// A peer waits, and no descriptor is free.
  static void starve(Rig& rig, Seam& seam, std::errc why) {
    if (!rig.acceptor) rig.listen(by_calls);
    seam.on_accept = [why] { return raw(why); };
    rig.knock();
    const std::uint64_t before = rig.stage->metrics().pauses.value();
    rig.until([&] { return rig.stage->metrics().pauses.value() == before + 1; });
  }

  static void one_episode(Rig& rig, Seam& seam) {
    const std::size_t before = rig.stage->hosts.size();
    seam.on_accept = {};
    rig.run_for(50ms);
    CPPUNIT_ASSERT_EQUAL(before + 1, rig.stage->hosts.size());
    starve(rig, seam, std::errc::too_many_files_open);
  }

  static void expect_survived(std::errc error) {
    on_each_backend([error](Rig& rig) {
      constexpr std::uint64_t count = 10'000;
      rig.listen(by_calls);
      rig.knock();
      Seam seam;
      std::uint64_t left = count;
      seam.on_accept = [&]() -> std::optional<os::Raw> {
        if (left == 0) return std::nullopt;
        return --left, raw(error);
      };
      rig.until([&] { return left < count; });
      for (int i = 0; i < 10'000 && rig.stage->connections() == 0; ++i) rig.run_for(50ms);
      CPPUNIT_ASSERT_EQUAL(count, rig.stage->metrics().accept_errors.value());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.stage->connections());
    });
  }

  std::size_t lines_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Acceptor_Fault_Test);

}  // namespace
