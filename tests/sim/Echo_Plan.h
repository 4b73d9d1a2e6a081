// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <strata/connection/Acceptor_Options.h>
#include <strata/connection/Stream_Options.h>
#include <strata/sim/Client.h>
#include <strata/sim/Faults.h>

#include "Serving_Plan.h"

namespace strata_test {

/// All that a seed decides about an echo run.
struct Echo_Plan {
  explicit Echo_Plan(std::uint64_t seed, const Setting& setting = {});

  /// Nothing that may cut a connection is on: every client must get all of its bytes.
  bool calm = false;
  strata::sim::Faults faults;
  Serving_Plan threads;
  strata::Stream_Options stream;
  strata::Acceptor_Options acceptor;
  std::size_t descriptors = 0;  ///< the process may have open at once
  std::size_t buffer = 0;       ///< of a socket, in each direction
  std::size_t byte_limit = 0;   ///< of the service's budget
  bool frames = false;          ///< handlers echo whole frames and leave the rest unread
  strata::Duration drain_at{};  ///< the service is drained then, whatever is under way; 0: when all clients are done
  std::vector<strata::sim::Client_Script> clients;  ///< `to` is filled when the listener stands
};

inline constexpr std::size_t frame_size = 16;

}  // namespace strata_test
