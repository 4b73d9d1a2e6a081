// SPDX-License-Identifier: Apache-2.0
// Random connections of an echo service with real threads, in every model and mode of accepting (faults 5, 6, 7, 15,
// 16). STRATA_SEED=N runs the plan of that seed alone; the order of threads is the system's.
#include <cstdlib>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Scale.h>

#include "Echo_World.h"

namespace {

using namespace strata_test;

constexpr std::uint64_t operations = 1000;  // of one seed

class Models_Random_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Models_Random_Test);
  CPPUNIT_TEST(one_thread_echoes_whatever_happens);
  CPPUNIT_TEST(so_does_a_worker_pool);
  CPPUNIT_TEST(so_do_leader_and_followers);
  CPPUNIT_TEST(so_do_reactors_that_are_handed_connections);
  CPPUNIT_TEST(so_do_reactors_that_take_as_many_each);
  CPPUNIT_TEST(so_do_reactors_with_a_socket_each);
  CPPUNIT_TEST(so_do_reactors_that_share_a_socket);
  CPPUNIT_TEST(so_do_several_pools);
  CPPUNIT_TEST_SUITE_END();

  static void try_seed(const Service_Model& model, std::string_view engine, std::uint64_t seed, const char* test) {
    const Descriptor_Guard guard;
    std::string complaint;
    {
      Echo_World world{model, engine, seed};
      world.run(operations);
      complaint = world.complaint();
    }
    if (!complaint.empty()) {
      const std::string where = std::string{model.name} + " on " + std::string{engine} + ": ";
      CPPUNIT_FAIL(where + complaint + "\nreplay: STRATA_SEED=" + std::to_string(seed) +
                   " connection_tests Models_Random_Test::" + test);
    }
    guard.check();
  }

  static void try_all(std::size_t model, const char* test) {
    for (const std::string_view engine : service_engines()) {
      if (const char* asked = std::getenv("STRATA_SEED")) {
        try_seed(service_models[model], engine, std::strtoull(asked, nullptr, 10), test);
        continue;
      }
      for (std::uint64_t seed = 1; seed <= count(1'000'000) / operations; ++seed) {
        try_seed(service_models[model], engine, seed, test);
      }
    }
  }

 public:
  void one_thread_echoes_whatever_happens() { try_all(0, "one_thread_echoes_whatever_happens"); }
  void so_does_a_worker_pool() { try_all(1, "so_does_a_worker_pool"); }
  void so_do_leader_and_followers() { try_all(2, "so_do_leader_and_followers"); }
  void so_do_reactors_that_are_handed_connections() { try_all(3, "so_do_reactors_that_are_handed_connections"); }
  void so_do_reactors_that_take_as_many_each() { try_all(4, "so_do_reactors_that_take_as_many_each"); }
  void so_do_reactors_with_a_socket_each() { try_all(5, "so_do_reactors_with_a_socket_each"); }
  void so_do_reactors_that_share_a_socket() { try_all(6, "so_do_reactors_that_share_a_socket"); }
  void so_do_several_pools() { try_all(7, "so_do_several_pools"); }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Models_Random_Test);
