// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include <strata/sim/Simulator.h>

#include "../os_adapter/Port_Rig.h"

namespace strata_test {

using strata::sim::Faults;
using strata::sim::Simulator;

inline constexpr std::uint64_t seeds = 60;

inline std::int32_t negated(std::errc e) { return -static_cast<std::int32_t>(e); }

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

/// Receives into lent buffers, one for each of a crowd.
struct Audience {
  Crowd crowd;
  std::deque<Operation> all;

  Audience(Port_Rig& rig, std::size_t count) : crowd(count) {
    expect_done(rig.port.lend_buffers());
    for (std::size_t i = 0; i < count; ++i) rig.port.submit(all.emplace_back(Request::receive_lent, crowd.handle(i)));
  }
};

/// Takes until a few waits in a row have brought nothing.
inline void take_all(Port_Rig& rig) {
  for (int quiet = 0; quiet < 3; ++quiet) {
    if (rig.take() != 0) quiet = -1;
  }
}

inline void give_back_all(Port_Rig& rig) {
  for (const std::uint16_t buffer : std::exchange(rig.kept, {})) rig.port.give_back(buffer);
}

inline void abandon_all(strata::os::Completion_Port& port) {
  Ready some[4];
  while (port.abandon(some) != 0) {
  }
}

}  // namespace strata_test
