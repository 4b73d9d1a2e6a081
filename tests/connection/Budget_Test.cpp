// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Budget.h>

#include <atomic>
#include <thread>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Scale.h>

namespace {

using strata::Budget;

class Budget_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Budget_Test);
  CPPUNIT_TEST(a_charge_up_to_the_limit_is_taken);
  CPPUNIT_TEST(a_charge_beyond_the_limit_charges_nothing);
  CPPUNIT_TEST(a_charge_near_the_largest_size_does_not_wrap);
  CPPUNIT_TEST(what_is_charged_is_charged_to_all_above);
  CPPUNIT_TEST(what_one_above_refuses_is_charged_to_none);
  CPPUNIT_TEST(siblings_share_their_parent);
  CPPUNIT_TEST(many_threads_never_pass_the_limit_and_leave_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_charge_up_to_the_limit_is_taken() {
    Budget budget{100};
    CPPUNIT_ASSERT(budget.charge(60));
    CPPUNIT_ASSERT(budget.charge(40));
    expect_used(100, budget);
    budget.release(100);
    expect_used(0, budget);
  }

  void a_charge_beyond_the_limit_charges_nothing() {
    Budget budget{100};
    CPPUNIT_ASSERT(budget.charge(60));
    CPPUNIT_ASSERT(!budget.charge(41));
    expect_used(60, budget);
  }

  void a_charge_near_the_largest_size_does_not_wrap() {
    Budget budget{Budget::unlimited - 1};
    CPPUNIT_ASSERT(budget.charge(10));
    CPPUNIT_ASSERT(!budget.charge(Budget::unlimited - 10));
    CPPUNIT_ASSERT(!budget.charge(Budget::unlimited));
    expect_used(10, budget);
  }

  void what_is_charged_is_charged_to_all_above() {
    Budget process, service{100, &process};
    CPPUNIT_ASSERT(service.charge(70));
    expect_used(70, service);
    expect_used(70, process);
    service.release(70);
    expect_used(0, process);
  }

  void what_one_above_refuses_is_charged_to_none() {
    Budget process{50}, service{100, &process};
    CPPUNIT_ASSERT(!service.charge(51));
    expect_used(0, service);
    expect_used(0, process);
  }

  void siblings_share_their_parent() {
    Budget process{100}, a{80, &process}, b{80, &process};
    CPPUNIT_ASSERT(a.charge(60));
    CPPUNIT_ASSERT(!b.charge(60));
    CPPUNIT_ASSERT(b.charge(40));
    a.release(60);
    CPPUNIT_ASSERT(b.charge(40));
  }

  void many_threads_never_pass_the_limit_and_leave_nothing() {
    Budget process{1000}, service{800, &process};
    const std::uint64_t rounds = strata_test::count(10'000'000);
    std::atomic<bool> passed{false};
    std::vector<std::jthread> threads;
    for (std::size_t id = 1; id <= 4; ++id) {
      threads.emplace_back([&, id] {
        for (std::uint64_t i = 0; i < rounds; ++i) {
          if (!service.charge(100 * id)) continue;
          if (service.used() > 800 || process.used() > 1000) passed = true;
          service.release(100 * id);
        }
      });
    }
    threads.clear();
    CPPUNIT_ASSERT(!passed);
    expect_used(0, service);
    expect_used(0, process);
  }

 private:
  static void expect_used(std::size_t wanted, const Budget& budget) { CPPUNIT_ASSERT_EQUAL(wanted, budget.used()); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Budget_Test);

}  // namespace
