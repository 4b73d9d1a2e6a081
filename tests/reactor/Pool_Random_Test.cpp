// SPDX-License-Identifier: Apache-2.0
// Random programs of the reactor's whole API with real threads, in every model (fault 16). STRATA_SEED=N runs the plan
// of that seed alone; the order of threads is the system's.
#include <array>
#include <cstdlib>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Scale.h>

#include "Pool_World.h"

namespace {

using namespace strata_test;

constexpr std::uint64_t operations = 1000;  // of one seed

class Pool_Random_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Pool_Random_Test);
  CPPUNIT_TEST(one_thread_keeps_its_promises);
  CPPUNIT_TEST(a_worker_pool_keeps_them);
  CPPUNIT_TEST(leader_and_followers_keep_them);
  CPPUNIT_TEST_SUITE_END();

  static void try_seed(std::string_view mechanism, strata::Dispatch dispatch, std::uint64_t seed, const char* test) {
    const Descriptor_Guard guard;
    std::string complaint;
    {
      Pool_World world{mechanism, dispatch, seed};
      world.run(operations);
      complaint = world.complaint();
    }
    if (!complaint.empty()) {
      CPPUNIT_FAIL(std::string{mechanism} + ": " + complaint + "\nreplay: STRATA_SEED=" + std::to_string(seed) +
                   " reactor_tests Pool_Random_Test::" + test);
    }
    guard.check();
  }

  static void try_all(strata::Dispatch dispatch, const char* test) {
    for (const std::string_view mechanism : {"epoll", "poll", "select"}) {
      if (const char* asked = std::getenv("STRATA_SEED")) {
        try_seed(mechanism, dispatch, std::strtoull(asked, nullptr, 10), test);
        continue;
      }
      for (std::uint64_t seed = 1; seed <= count(1'000'000) / operations; ++seed) {
        try_seed(mechanism, dispatch, seed, test);
      }
    }
  }

 public:
  void one_thread_keeps_its_promises() { try_all(strata::Dispatch::single, "one_thread_keeps_its_promises"); }
  void a_worker_pool_keeps_them() { try_all(strata::Dispatch::worker_pool, "a_worker_pool_keeps_them"); }
  void leader_and_followers_keep_them() {
    try_all(strata::Dispatch::leader_followers, "leader_and_followers_keep_them");
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Pool_Random_Test);
