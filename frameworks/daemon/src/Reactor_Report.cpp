// SPDX-License-Identifier: Apache-2.0
#include "Reactor_Report.h"

#include <algorithm>
#include <utility>

#include <strata/metrics/Histogram.h>
#include <strata/reactor/Reactor_Metrics.h>

namespace strata {
inline namespace v1 {

namespace {

/// Nothing where none was recorded: 0 would be a good figure.
struct Spread {
  explicit Spread(const Histogram& histogram) : times(histogram.snapshot()) {}
  Log_Value quantile(double share) const { return times.total == 0 ? Log_Value{} : Log_Value{times.quantile(share)}; }
  Log_Value longest() const { return times.total == 0 ? Log_Value{} : Log_Value{times.longest}; }
  const Histogram::Snapshot times;
};

}  // namespace

Reactor_Report::Reactor_Report(Reactor& main, std::span<Reactor* const> serving) {
  reactors_.push_back(&main);
  reactors_.insert(reactors_.end(), serving.begin(), serving.end());
}

std::size_t Reactor_Report::index_of(const Reactor& one) const noexcept {
  return static_cast<std::size_t>(std::ranges::find(reactors_, &one) - reactors_.begin());
}

Outcome<> Reactor_Report::publish(Metric_Registry& registry) {
  for (std::size_t i = 0; i < reactors_.size(); ++i) {
    Outcome<> published;
    const auto add = [&](const char* what, const auto& counter) {
      if (!published) return;
      Metric_Name name{std::string{"strata_reactor_"} + what + "_total", {{"reactor", std::to_string(i)}}};
      Outcome<Metric_Registration> added = registry.add(std::move(name), counter);
      if (added) {
        registrations_.push_back(std::move(*added));
      } else {
        published = std::unexpected{std::move(added.error())};
      }
    };
    const Reactor_Metrics& metrics = reactors_[i]->metrics();
    add("turns", metrics.turns), add("events", metrics.events), add("stale_events", metrics.stale);
    add("exceptions", metrics.exceptions), add("wakeups", metrics.wakeups), add("stalls", metrics.stalls);
    add("accepted", metrics.accepted), add("closed", metrics.closed), add("shed", metrics.shed);
    if (!published) return published;
  }
  return {};
}

void Reactor_Report::write(Logger log) const {
  for (std::size_t i = 0; i < reactors_.size(); ++i) {
    const Reactor& one = *reactors_[i];
    const Reactor_Metrics& metrics = one.metrics();
    const Spread upcalls{metrics.upcall_time}, lag{metrics.lag};
    log.info("a reactor", "index", i, "demultiplexer", one.demultiplexer(), "accepted", metrics.accepted.value(),
             "closed", metrics.closed.value(), "shed", metrics.shed.value(), "turns", metrics.turns.value(), "events",
             metrics.events.value(), "upcalls", one.upcalls(), "upcall_p50", upcalls.quantile(0.5), "upcall_p99",
             upcalls.quantile(0.99), "upcall_longest", upcalls.longest(), "lag_p99", lag.quantile(0.99),
             "lag_longest", lag.longest(), "posts_waiting", one.posts_waiting(), "upcalls_waiting",
             one.upcalls_waiting(), "exceptions", metrics.exceptions.value(), "stalls", metrics.stalls.value());
  }
}

}  // namespace v1
}  // namespace strata
