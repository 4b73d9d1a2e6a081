// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace strata_test {

/// Whether this machine lets the process have an io_uring that is new enough. The kernel is asked by hand: where a
/// mistake of ours keeps a ring from opening, the tests of it fail instead of being left out. @threads any
bool io_uring_allowed();

/// os::demultiplexer_names() without "auto", and without what this machine forbids. @threads any
std::span<const std::string_view> mechanisms();

/// The same, and the simulator: what a Backend may be.
std::span<const std::string_view> backends();

/// The same for connections and operations: also "completions", of a ring, "old-ring", of one as older kernels have it,
/// and "sim-ring", of the simulator's.
std::span<const std::string_view> engines();

constexpr bool is_simulated(std::string_view engine) { return engine == "sim" || engine == "sim-ring"; }
/// How many worlds a test of an engine sees: what the simulator's ring does depends on its seed; an old ring is one
/// before Linux 6.17, then one before 6.1.
constexpr std::uint64_t worlds_of(std::string_view engine) {
  return engine == "sim-ring" ? 8 : engine == "old-ring" ? 2 : 1;
}

}  // namespace strata_test
