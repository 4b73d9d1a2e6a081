// SPDX-License-Identifier: Apache-2.0
// Random programs of the reactor's whole API against a model (fault 16). STRATA_SEED=N runs that seed alone.
#include <cstdlib>
#include <string>
#include <string_view>

#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Scale.h>

#include "Random_World.h"

namespace {

using namespace strata_test;
using Manner = Random_World::Manner;

constexpr std::size_t operations = 500;  // of one seed

class Reactor_Random_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Random_Test);
  CPPUNIT_TEST(random_programs_are_as_the_model_says_and_alike_on_every_mechanism);
  CPPUNIT_TEST(handlers_that_act_on_each_other_are_as_the_model_says);
  CPPUNIT_TEST_SUITE_END();

  static void fail(const std::string& what, std::uint64_t seed, const char* test) {
    const std::string replay = "STRATA_SEED=" + std::to_string(seed) + " reactor_tests Reactor_Random_Test::" + test;
    CPPUNIT_FAIL(what + "\nreplay: " + replay);
  }

  /// `each(seed)` for as many seeds as make so many operations in all, or for the one that is asked for.
  template <class Each>
  static void for_seeds(std::uint64_t full, Each each) {
    if (const char* asked = std::getenv("STRATA_SEED")) return each(std::strtoull(asked, nullptr, 10));
    for (std::uint64_t seed = 1; seed <= count(full) / operations; ++seed) each(seed);
  }

  static std::string trace(std::string_view name, strata::Timer_Kind timers, Manner manner, std::uint64_t seed,
                           const char* test) {
    Backend backend{name};
    Random_World world{backend, timers, manner, seed};
    world.run(operations);
    if (!world.complaint().empty()) fail(std::string{name} + ": " + world.complaint(), seed, test);
    return world.trace();
  }

 public:
  void random_programs_are_as_the_model_says_and_alike_on_every_mechanism() {
    for_seeds(10'000'000, [](std::uint64_t seed) {
      const char* test = "random_programs_are_as_the_model_says_and_alike_on_every_mechanism";
      const std::string first = trace("epoll", strata::Timer_Kind::wheel, Manner::tame, seed, test);
      for (const std::string_view name : backends()) {
        const std::string other = trace(name, strata::Timer_Kind::heap, Manner::tame, seed, test);
        if (other != first) fail(std::string{name} + " differs from epoll:\n" + other + "\n" + first, seed, test);
      }
    });
  }

  void handlers_that_act_on_each_other_are_as_the_model_says() {
    for_seeds(10'000'000, [](std::uint64_t seed) {
      for (const std::string_view name : backends()) {
        trace(name, strata::Timer_Kind::wheel, Manner::wild, seed,
              "handlers_that_act_on_each_other_are_as_the_model_says");
      }
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Random_Test);
