// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include <strata/sim/Simulator.h>

#include "Api_Fuzz.h"
#include "Scenario.h"

namespace strata_test {

Verdict run_reactor(std::uint64_t seed, std::ostream* trace) {
  strata::sim::Random random{seed ^ 0xf022};
  strata::sim::Simulator simulator{seed};
  simulator.trace().print_live(trace);
  strata::Reactor_Options options;
  options.post_capacity = 64;
  options.timers = random.chance(0.5) ? strata::Timer_Kind::wheel : strata::Timer_Kind::heap;
  Verdict verdict;
  {
    Api_Fuzz fuzz{seed, options, [&](strata::Duration by) { simulator.advance(by); }};
    fuzz.run(400);
    verdict.complaint = fuzz.complaint();
    if (trace != nullptr) *trace << fuzz.diaries();
  }
  if (verdict.complaint.empty() && simulator.open_descriptors() != 0) verdict.complaint = "descriptors are left";
  verdict.hash = simulator.trace().hash();
  return verdict;
}

}  // namespace strata_test
