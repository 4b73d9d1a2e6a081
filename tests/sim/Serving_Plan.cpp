// SPDX-License-Identifier: Apache-2.0
#include "Serving_Plan.h"

#include <utility>
#include <vector>

namespace strata_test {

Serving_Plan::Serving_Plan(strata::sim::Random random, const Setting& setting) : completions{setting.completions} {
  const Serving serving = setting.serving;
  if (completions) reactor.demultiplexer = "io_uring";
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

std::unique_ptr<strata::Completion_Transports> Serving_Plan::open_transports(strata::Reactor& main,
                                                                             const strata::Reactor_Pool* pool) const {
  if (!completions) return nullptr;
  std::vector<strata::Reactor*> homes{&main};
  if (pool != nullptr) homes.insert(homes.end(), pool->serving().begin(), pool->serving().end());
  return std::move(*strata::Completion_Transports::open(homes));
}

}  // namespace strata_test
