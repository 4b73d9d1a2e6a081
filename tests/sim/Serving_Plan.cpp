// SPDX-License-Identifier: Apache-2.0
#include "Serving_Plan.h"

namespace strata_test {

Serving_Plan::Serving_Plan(strata::sim::Random random, Serving serving) {
  const auto count = static_cast<unsigned>(random.between(1, 4));
  reactor.timers = random.chance(0.5) ? strata::Timer_Kind::wheel : strata::Timer_Kind::heap;
  if (serving == Serving::worker_pool) reactor.dispatch = strata::Dispatch::worker_pool;
  if (serving == Serving::leader_followers) reactor.dispatch = strata::Dispatch::leader_followers;
  if (serving == Serving::multi_reactor) {
    reactors = count;
    accept = static_cast<strata::Accept_Mode>(random.below(4));
  } else if (serving != Serving::single) {
    reactor.threads = count;
  }
}

std::unique_ptr<strata::Reactor_Pool> Serving_Plan::open_pool(strata::Reactor& main) const {
  return reactors == 0 ? nullptr : std::move(*strata::Reactor_Pool::open(main, reactors, reactor));
}

}  // namespace strata_test
