// SPDX-License-Identifier: Apache-2.0
#include "Rounds.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double deviation(std::vector<double> values) {
  const double centre = median(values);
  for (double& value : values) value = std::abs(value - centre);
  return median(values);
}

/// How many of the least and greatest values lie outside of the median's 95 % interval; 0 with fewer than six values.
std::size_t outside(std::size_t count) {
  double tail = 0;
  double term = std::pow(0.5, static_cast<double>(count));  // binomial(count, k) / 2^count
  for (std::size_t k = 0; k < count; ++k) {
    tail += term;
    if (2 * tail > 0.05) return k;
    term *= static_cast<double>(count - k) / static_cast<double>(k + 1);
  }
  return 0;
}

struct Interval {
  double median, low, high;
};

Interval ratio(const std::vector<double>& values, const std::vector<double>& floor) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(values.size(), floor.size()); ++i) ratios.push_back(values[i] / floor[i]);
  if (ratios.empty()) return {};
  std::sort(ratios.begin(), ratios.end());
  const std::size_t k = outside(ratios.size());
  const std::size_t last = ratios.size() - 1;
  return {median(ratios), ratios[k > 0 ? k - 1 : 0], ratios[k > 0 ? last - (k - 1) : last]};
}

}  // namespace

void Rounds::print(bool json) const {
  for (const auto& [key, peers] : samples_) {
    const auto& [op, count] = key;
    const auto floor = peers.find(op == "refresh" ? "lazy_heap" : "bare_wheel");
    if (!json) std::printf("\n%s, %zu timers: ns an operation\n", op.c_str(), count);
    for (const auto& [peer, samples] : peers) {
      print_line(op, count, peer, samples, floor != peers.end() ? floor->second : Samples{}, json);
    }
  }
}

void Rounds::print_line(const std::string& op, std::size_t count, const std::string& peer, const Samples& samples,
                        const Samples& floor, bool json) {
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  const Interval of_floor = ratio(samples, floor);
  const char* format = "  %-16s median %8.2f  MAD %7.2f  min %8.2f  max %8.2f  ratio %6.2f (%.2f-%.2f)\n";
  if (json) {
    std::printf(R"({"op":"%s","n":%zu,)", op.c_str(), count);
    format = R"("peer":"%s","ns":%.2f,"mad":%.2f,"min":%.2f,"max":%.2f,"ratio":%.3f,"low":%.3f,"high":%.3f})" "\n";
  }
  std::printf(format, peer.c_str(), median(samples), deviation(samples), *least, *most, of_floor.median, of_floor.low,
              of_floor.high);
}

}  // namespace bench
