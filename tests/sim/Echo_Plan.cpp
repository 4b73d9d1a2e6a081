// SPDX-License-Identifier: Apache-2.0
#include "Echo_Plan.h"

#include <strata/connection/Budget.h>

namespace strata_test {
namespace {

using namespace std::chrono_literals;
using strata::Duration;
using strata::Overflow;
using strata::sim::Client_Script;
using strata::sim::Farewell;
using strata::sim::Random;

Duration milliseconds(Random& random, std::uint64_t low, std::uint64_t high) {
  return std::chrono::milliseconds{random.between(low, high)};
}

void draw_limits(Random& random, Echo_Plan& plan) {
  plan.stream.high_water = random.chance(0.5) ? random.between(1'000, 30'000) : 1024 * 1024;
  if (random.chance(0.6)) plan.buffer = random.between(200, 5'000);
  plan.stream.low_water = plan.stream.high_water / 4;
  if (random.chance(0.3)) plan.acceptor.max_connections = random.between(1, 4);
  if (random.chance(0.3)) plan.acceptor.defer_accept = 2s;
  if (random.chance(0.3)) plan.acceptor.backlog = static_cast<int>(random.between(0, 3));
  if (random.chance(0.3)) plan.descriptors = random.between(6, 9);
  if (random.chance(0.3)) plan.stream.idle_timeout = 100s;
  if (random.chance(0.3)) plan.stream.write_timeout = 100s;
}

/// What may end a connection before its client is done.
void draw_cuts(Random& random, Echo_Plan& plan) {
  if (random.chance(0.3)) plan.stream.overflow = random.chance(0.5) ? Overflow::close : Overflow::shed;
  if (random.chance(0.4)) plan.stream.idle_timeout = milliseconds(random, 1, 500);
  if (random.chance(0.4)) plan.stream.write_timeout = milliseconds(random, 1, 500);
  if (random.chance(0.3)) plan.byte_limit = random.between(5'000, 100'000);
  plan.acceptor.shed_when_full = random.chance(0.3);
}

}  // namespace

Echo_Plan::Echo_Plan(std::uint64_t seed, const Setting& setting)
    : threads{Random{seed ^ 0x7e4d}, setting}, descriptors{1024}, buffer{64 * 1024},
      byte_limit{strata::Budget::unlimited} {
  Random random{seed ^ 0x5ca1ab1e};
  calm = random.chance(0.5);
  if (random.chance(0.8)) faults = strata::sim::Faults::drawn(random, !calm);
  draw_limits(random, *this);
  if (!calm) draw_cuts(random, *this);
  if (random.chance(0.2)) drain_at = milliseconds(random, 1, 100);
  frames = random.chance(0.3);
  acceptor.accept = threads.accept;
  const std::uint64_t count = random.between(1, 8);
  for (std::uint64_t i = 0; i < count; ++i) {
    Client_Script script = Client_Script::drawn(random, {});
    if (calm && script.farewell > Farewell::when_echoed) script.farewell = Farewell::half_close;
    if (frames) script.bytes -= script.bytes % frame_size;
    if (!calm && random.chance(0.1)) script.read_most = 0;
    clients.push_back(script);
  }
}

}  // namespace strata_test
