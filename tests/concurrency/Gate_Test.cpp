// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Gate.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata_test/Scale.h>

namespace {

using namespace std::chrono_literals;
using strata::Gate;

class Gate_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Gate_Test);
  CPPUNIT_TEST(closed_it_refuses_the_new_and_keeps_the_old);
  CPPUNIT_TEST(a_pass_moves);
  CPPUNIT_TEST(waiting_for_the_old_has_a_deadline);
  CPPUNIT_TEST(whoever_was_let_in_is_awaited);
  CPPUNIT_TEST_SUITE_END();

 public:
  void closed_it_refuses_the_new_and_keeps_the_old() {
    Gate gate;
    std::optional<Gate::Pass> old{std::move(*gate.enter())};
    gate.close();
    CPPUNIT_ASSERT(gate.enter().error() == strata::errc::stopping);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, gate.inside());
    old.reset();
    CPPUNIT_ASSERT(gate.await_empty().has_value());
    gate.open();
    CPPUNIT_ASSERT(gate.enter().has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, gate.inside());
  }

  void a_pass_moves() {
    Gate gate;
    Gate::Pass first = std::move(*gate.enter());
    Gate::Pass second = std::move(first);
    CPPUNIT_ASSERT(!first && second);  // NOLINT: what is left of it is empty
    first = std::move(second);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, gate.inside());
    first = Gate::Pass{};
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, gate.inside());
  }

  void waiting_for_the_old_has_a_deadline() {
    Gate gate;
    const Gate::Pass inside = std::move(*gate.enter());
    CPPUNIT_ASSERT(gate.await_empty(strata::Time_Point{}).error() == std::errc::timed_out);
    CPPUNIT_ASSERT(gate.await_empty(strata::Clock::now() + 1ms).error() == std::errc::timed_out);
  }

  void whoever_was_let_in_is_awaited() {
    const std::uint64_t rounds = strata_test::count(1'000'000);
    for (std::uint64_t round = 0; round < rounds / 100; ++round) {
      Gate gate;
      std::atomic<int> inside{0};
      std::atomic<bool> ended{false};
      std::vector<std::jthread> guests;
      for (int i = 0; i < 3; ++i) {
        guests.emplace_back([&] {
          while (auto pass = gate.enter()) {
            ++inside;
            CPPUNIT_ASSERT(!ended);
            --inside;
          }
        });
      }
      std::this_thread::yield();
      gate.close();
      CPPUNIT_ASSERT(gate.await_empty().has_value());
      ended = true;
      CPPUNIT_ASSERT_EQUAL(0, inside.load());
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Gate_Test);
