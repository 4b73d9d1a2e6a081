// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace strata_test {

/// What a run of one seed came to.
struct Verdict {
  std::uint64_t hash = 0;  ///< of all calls through the seam
  std::string complaint;   ///< empty: as the model says
};

/// Which threads serve.
enum class Serving : std::uint8_t { single, worker_pool, multi_reactor, leader_followers };

/// How a service is run. A value.
struct Setting {
  Serving serving = Serving::single;
  bool completions = false;  ///< of a ring; else on readiness
};

/// The real Acceptor and Svc_Handler among peers, limits and faults that the seed draws. `trace`: each call, or null.
Verdict run_echo(std::uint64_t seed, const Setting& setting, std::ostream* trace);

/// The cache service, and peers that are threads.
Verdict run_cache(std::uint64_t seed, const Setting& setting, std::ostream* trace);

/// A reactor with a pool of threads, and threads that post, send, and close.
Verdict run_pool(std::uint64_t seed, std::ostream* trace);

/// Random calls of the reactor's whole API against a model of each turn.
Verdict run_reactor(std::uint64_t seed, std::ostream* trace);

}  // namespace strata_test
