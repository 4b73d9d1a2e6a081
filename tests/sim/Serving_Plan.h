// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <strata/concurrency/Reactor_Pool.h>
#include <strata/connection/Acceptor_Options.h>
#include <strata/proactor/Completion_Transports.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/sim/Random.h>

#include "Scenario.h"

namespace strata_test {

/// The threads of a run, by its seed.
struct Serving_Plan {
  strata::Reactor_Options reactor;
  bool completions = false;
  unsigned reactors = 0;  ///< that serve beside the first; 0: it serves itself
  strata::Accept_Mode accept = strata::Accept_Mode::handoff;

  Serving_Plan() = default;
  Serving_Plan(strata::sim::Random random, const Setting& setting);

  /// Null where there is none to be.
  std::unique_ptr<strata::Reactor_Pool> open_pool(strata::Reactor& main) const;
  /// Null on readiness. To outlive the reactors.
  std::unique_ptr<strata::Completion_Transports> open_transports(strata::Reactor& main,
                                                                 const strata::Reactor_Pool* pool) const;
};

/// The reactors that serve.
inline std::span<strata::Reactor* const> serving_of(const std::unique_ptr<strata::Reactor_Pool>& pool) {
  return pool ? pool->serving() : std::span<strata::Reactor* const>{};
}

}  // namespace strata_test
