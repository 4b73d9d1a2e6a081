// SPDX-License-Identifier: Apache-2.0
#include "load/Workload.h"

#include <algorithm>
#include <array>

namespace bench {

std::optional<Workload> find_workload(std::string_view name) {
  static constexpr std::array<Workload, 15> all{{
      {.name = "1x64"},
      {.name = "100x64", .connections = 100, .active = 100},
      {.name = "1000x64", .connections = 1'000, .active = 1'000},
      {.name = "10000x64", .connections = 10'000, .active = 10'000},
      {.name = "100x64d16", .connections = 100, .depth = 16, .active = 100},
      {.name = "100x16k", .connections = 100, .bytes = 16 * 1024, .active = 100},
      {.name = "1of10k", .connections = 10'000, .active = 1},
      {.name = "churn", .connections = 100, .active = 100, .churn = true},
      {.name = "idle", .active = 0},
      {.name = "cpu100us", .connections = 32, .active = 32, .mark = Mark::burn},
      {.name = "block10ms",
       .connections = 50,
       .active = 50,
       .mark = Mark::plain,
       .rivals = 1,
       .rival_mark = Mark::block},
      {.name = "fairness", .connections = 50, .active = 50, .rivals = 1, .rival_depth = 4'096},
      {.name = "quiet", .connections = 50, .active = 50},
      {.name = "pipeline", .connections = 50, .active = 50, .rivals = 1, .rival_depth = 100'000},
      {.name = "drip",
       .connections = 50,
       .active = 50,
       .rivals = 500,
       .rival_bytes = 1,
       .rival_gap = std::chrono::milliseconds(100)},
  }};
  const auto found = std::find_if(all.begin(), all.end(), [&](const Workload& each) { return each.name == name; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace bench
