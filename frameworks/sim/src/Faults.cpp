// SPDX-License-Identifier: Apache-2.0
#include <strata/sim/Faults.h>

namespace strata::inline v1::sim {
namespace {

using std::chrono::microseconds;

double rate(Random& random, double most) {
  return random.chance(0.4) ? most * static_cast<double>(random.between(1, 100)) / 100 : 0;
}

Duration span(Random& random, microseconds most) {
  return random.chance(0.5) ? Duration{microseconds{random.below(static_cast<std::uint64_t>(most.count()) + 1)}}
                            : Duration{};
}

}  // namespace

Faults Faults::drawn(Random& random, bool cutting) {
  Faults plan;
  plan.interrupt = rate(random, 0.2);
  plan.short_read = rate(random, 0.5);
  plan.short_write = rate(random, 0.5);
  plan.would_block = rate(random, 0.1);
  plan.no_descriptor = rate(random, 0.2);
  plan.late_wake = rate(random, 0.2);
  plan.late_by = span(random, microseconds{20'000});
  plan.latency_min = span(random, microseconds{200});
  plan.latency_max = plan.latency_min + span(random, microseconds{5'000});
  plan.latency_spread = span(random, microseconds{10'000});
  plan.call_cost = span(random, microseconds{5});
  plan.accept_error = rate(random, 0.2);
  if (cutting) {
    plan.reset = rate(random, 0.02);
    plan.refuse = rate(random, 0.1);
    plan.lose_connect = rate(random, 0.05);
    plan.no_memory = rate(random, 0.01);
    plan.accept_abort = rate(random, 0.1);
    plan.lose = rate(random, 0.2);
    plan.lose_within = span(random, microseconds{200'000});
  }
  return plan;
}

}  // namespace strata::inline v1::sim
