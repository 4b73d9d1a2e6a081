// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <strata/sim/Simulator.h>

#include "../os_adapter/Port_Rig.h"

namespace strata_test {

using strata::sim::Faults;
using strata::sim::Simulator;

inline constexpr std::uint64_t seeds = 60;

/// One world a seed; nothing may be left in it.
template <class Test>
void on_seeds(const Faults& faults, Test test) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    try {
      Simulator world{seed};
      {
        Port_Rig rig;
        world.faults() = faults;
        test(rig, world);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.port.outstanding());
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, world.open_descriptors());
      CPPUNIT_ASSERT_EQUAL(std::string{}, world.diagnosis());
    } catch (CppUnit::Exception& failure) {
      failure.setMessage(CppUnit::Message{"seed " + std::to_string(seed), failure.message().details()});
      throw;
    }
  }
}
template <class Test>
void on_seeds(Test test) {
  on_seeds(Faults{}, [&](Port_Rig& rig, Simulator&) { test(rig); });
}

/// The same, in the first of the world's threads.
template <class Test>
void in_threads_of_seeds(Test test) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Simulator world{seed};
    const strata::Result<> run = world.run([&test] {
      Port_Rig rig;
      test(rig);
    });
    CPPUNIT_ASSERT_MESSAGE(world.diagnosis(), run.has_value());
  }
}

inline void abandon_all(strata::os::Completion_Port& port) {
  Ready some[4];
  while (port.abandon(some) != 0) {
  }
}

}  // namespace strata_test
