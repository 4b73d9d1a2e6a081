// SPDX-License-Identifier: Apache-2.0
// What accept(2) may say besides a connection, in every model and mode of accepting (faults 1 and 2).
#include <strata/connection/Acceptor.h>

#include <deque>
#include <optional>

#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Scale.h>

#include "Models_Fault_Rig.h"

namespace {

using namespace strata_test;

class Models_Accept_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Models_Accept_Test);
  CPPUNIT_TEST(fault_1_out_of_descriptors_each_listener_pauses_and_comes_back);
  CPPUNIT_TEST(fault_1_with_a_reserve_peers_are_turned_away);
  CPPUNIT_TEST(fault_1_a_connection_that_goes_makes_room);
  CPPUNIT_TEST(fault_2_what_concerns_one_connection_is_counted);
  CPPUNIT_TEST(fault_2_the_listener_itself_fails_and_says_so);
  CPPUNIT_TEST_SUITE_END();

 public:
  void fault_1_out_of_descriptors_each_listener_pauses_and_comes_back() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.accept_by_calls();
      rig.flag = true;
      rig.seam.on_accept = [&rig]() -> std::optional<os::Raw> {
        if (!rig.flag) return std::nullopt;
        return raw(++rig.calls % 2 == 0 ? std::errc::too_many_files_open : std::errc::too_many_files_open_in_system);
      };
      rig.start();
      rig.knock(12);
      const auto clock = os::native_operations().monotonic_ns;
      const std::int64_t start = clock();
      auto& metrics = rig.service->metrics();
      until([&] { return metrics.accept_errors.value() >= 3 * rig.listeners(); });
      // A listener tries after 5, 10, 20 ms, then every 40: an upper bound, however long this has taken.
      const auto most = static_cast<std::uint64_t>((clock() - start) / 40'000'000 + 6) * rig.listeners();
      CPPUNIT_ASSERT(rig.seam.accepts <= most);
      CPPUNIT_ASSERT(metrics.pauses.value() <= rig.listeners());  // one an episode
      rig.flag = false;
      rig.expect_all_served();
    });
  }

  void fault_1_with_a_reserve_peers_are_turned_away() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.accept_by_calls();
      rig.accept.shed_when_full = true;
      rig.seam.on_accept = []() -> std::optional<os::Raw> {
        if (Shared_Seam::reserve_is_out()) return std::nullopt;
        return raw(std::errc::too_many_files_open);
      };
      rig.start();
      rig.knock(6);
      for (Peer& peer : rig.peers) until([&] { return peer.read(), peer.ended || peer.error || echoes(peer); });
      CPPUNIT_ASSERT(rig.service->metrics().shed.value() >= 1);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{6},
                           rig.service->metrics().shed.value() + rig.service->metrics().accepted.value());
    });
  }

  void fault_1_a_connection_that_goes_makes_room() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.accept_by_calls();
      rig.seam.on_accept = [&rig]() -> std::optional<os::Raw> {
        if (rig.service->connections() >= 4 + rig.listeners()) return raw(std::errc::too_many_files_open);
        return std::nullopt;
      };
      rig.start();
      rig.knock(12);
      std::size_t served = 0;
      until([&] {
        for (Peer& peer : rig.peers) {
          if (!peer.handle() || !echoes(peer)) continue;
          ++served;
          peer.close();
        }
        return served == 12;
      });
    });
  }

  void fault_2_what_concerns_one_connection_is_counted() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.accept_by_calls();
      const std::uint64_t errors = count(10'000);
      rig.seam.on_accept = [&rig, errors]() -> std::optional<os::Raw> {
        constexpr std::array others{std::errc::connection_aborted, std::errc::protocol_error,
                                    std::errc::operation_not_permitted};
        const std::uint64_t call = rig.calls++;
        if (call >= errors) return std::nullopt;
        if (call % (errors / 2) == 1) return raw(std::errc::no_buffer_space);  // these two pause it
        if (call % (errors / 2) == 2) return raw(std::errc::not_enough_memory);
        return raw(others[call % others.size()]);
      };
      rig.start();
      rig.knock(12);
      rig.expect_all_served();
      until([&] { return rig.service->metrics().accept_errors.value() >= errors; });  // another listener counts
      CPPUNIT_ASSERT_EQUAL(errors, rig.service->metrics().accept_errors.value());
    });
  }

  void fault_2_the_listener_itself_fails_and_says_so() {
    on_each_service_model([](Fault_Rig& rig) {
      rig.accept_by_calls();
      rig.seam.on_accept = [] { return raw(std::errc::invalid_argument); };
      rig.listen();
      rig.models.acceptor().when_failed([&rig](std::error_code why) {
        if (why == std::errc::invalid_argument) ++rig.events;
      });
      rig.start();
      until([&] { return rig.knock(1), rig.events == rig.listeners(); });
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Models_Accept_Test);
