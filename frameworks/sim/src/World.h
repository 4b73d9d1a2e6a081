// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include <strata/os/Operations.h>
#include <strata/sim/Faults.h>
#include <strata/sim/Random.h>
#include <strata/sim/Trace.h>

#include "Agenda.h"
#include "Descriptors.h"
#include "Network.h"
#include "Signals.h"
#include "Threads.h"

namespace strata::inline v1::sim {

/// All that a simulated process can see. @threads any of its own: the one that holds the baton
struct World {
  World(std::uint64_t number, const Faults& plan) : seed{number}, random{number}, faults{plan} {}

  const std::uint64_t seed;
  Random random;
  Faults faults;
  Trace trace;
  Agenda agenda;
  Network network{*this};
  Descriptors descriptors;
  Signals signals;
  std::string diagnosis;        // why the run was ended, if it was
  std::uint64_t calls_now = 0;  // since the clock last moved: a loop that spins
  std::uint64_t calls_at_once = 200'000;
  Time_Point horizon = Agenda::start + std::chrono::hours{24 * 3650};
  std::size_t buffer = 64 * 1024;  // of a new socket, in each direction
  std::size_t lent = 0;            // bytes of a ring's buffers; 0: the seed says
  bool wakers_are_edges = random.chance(0.5);
  bool concurrent_sets = Random{~seed}.chance(0.5);  // as epoll's; else as those of poll and select
  Threads threads{*this};

  Duration latency() {
    const auto spread = static_cast<std::uint64_t>((faults.latency_max - faults.latency_min).count());
    return faults.latency_min + Duration{static_cast<std::int64_t>(random.below(spread + 1))};
  }
  void after(Duration delay, Agenda::Event event) {
    if (delay == Duration::zero()) return event();
    agenda.at(agenda.now() + delay, std::move(event));
  }
  bool roll(double probability) noexcept { return random.chance(probability); }
  /// A part of it, where fate says so.
  std::size_t cut(std::size_t size, double probability) noexcept {
    return size > 1 && roll(probability) ? random.between(1, size - 1) : size;
  }
  os::Raw record(std::string_view call, std::int64_t subject, std::int64_t detail, os::Raw result);
};

/// The table whose entries act on `active_world()`.
const os::Operations& simulated_operations();
World*& active_world();

}  // namespace strata::inline v1::sim
