// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <strata/logging/Logger.h>
#include <strata/metrics/Metric_Registry.h>
#include <strata/os/Outcome.h>
#include <strata/reactor/Reactor.h>

namespace strata {
inline namespace v1 {

/// Tells how the reactors of a daemon fare: in its registry, and on request in the log, a line each. @threads home of
/// the main reactor
class Reactor_Report {
 public:
  /// `serving`: sub-reactors, numbered from 1; the main one is 0.
  Reactor_Report(Reactor& main, std::span<Reactor* const> serving);

  std::span<Reactor* const> reactors() const noexcept { return reactors_; }
  std::size_t index_of(const Reactor& one) const noexcept;
  Outcome<> publish(Metric_Registry& registry);  ///< "strata_reactor_…" with the label `reactor`
  void write(Logger log) const;

 private:
  std::vector<Reactor*> reactors_;
  std::vector<Metric_Registration> registrations_;
};

}  // namespace v1
}  // namespace strata
