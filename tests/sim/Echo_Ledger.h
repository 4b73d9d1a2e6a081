// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <strata/connection/Service.h>
#include <strata/os/Clock.h>
#include <strata/sim/Random.h>
#include <strata/sim/Simulator.h>

#include "Echo_Plan.h"

namespace strata_test {

class Model_Echo;

/// What one handler lived through, written by its hooks.
struct Life {
  std::uint16_t port = 0;  ///< its peer's; 0: gone before anybody asked
  int closes = 0;
  bool destroyed = false;
  bool asked_to_close = false;  ///< by close or abort: no hook may follow but handle_close
  std::size_t put = 0;          ///< bytes that put() took
  std::error_code reason;
  strata::Time_Point last_input;
};

/// The model's book: what every handler must have lived through, and the first thing that was otherwise.
struct Echo_Ledger {
  Echo_Ledger(const Echo_Plan& drawn, std::uint64_t seed, strata::sim::Simulator& where)
      : plan{drawn}, random{seed ^ 0xec40}, world{where} {}

  void complain(const std::string& what) {
    if (complaint.empty()) complaint = what;
  }

  const Echo_Plan& plan;
  strata::sim::Random random;
  strata::sim::Simulator& world;
  std::deque<Life> lives;
  std::vector<Model_Echo*> open;  ///< those between open and handle_close
  std::vector<strata::Handler_Ref> gone;  ///< of those closed: nothing may reach them
  std::string complaint;
};

class Echo_Service : public strata::Service {
 public:
  Echo_Service(strata::Reactor& home, strata::Budget& process, Echo_Ledger& book,
               std::span<strata::Reactor* const> serving)
      : Service{"echo", home, book.plan.stream, &process, book.plan.byte_limit, serving}, ledger{book} {}
  Echo_Ledger& ledger;
};

}  // namespace strata_test
