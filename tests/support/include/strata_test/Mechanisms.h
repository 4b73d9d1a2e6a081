// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// The same for connections: also "completions", of a ring.
std::span<const std::string_view> engines();

}  // namespace strata_test
