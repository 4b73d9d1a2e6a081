// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "common/Timer_Bench.h"

namespace bench {

/// Figures of interleaved rounds; a ratio is taken within a round.
class Rounds {
 public:
  void take(const Timer_Figure& figure) { samples_[{figure.op, figure.count}][figure.peer].push_back(figure.ns); }

  /// A table, or a line of JSON for each figure: median, MAD, least and greatest, and the median ratio to the floor of
  /// the operation with the 95 % interval that order statistics give.
  void print(bool json) const;

 private:
  using Samples = std::vector<double>;
  using Peers = std::map<std::string, Samples>;

  static void print_line(const std::string& op, std::size_t count, const std::string& peer, const Samples& samples,
                         const Samples& floor, bool json);

  std::map<std::pair<std::string, std::size_t>, Peers> samples_;
};

}  // namespace bench
