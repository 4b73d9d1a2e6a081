// SPDX-License-Identifier: Apache-2.0
#include "Suggestion.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace strata {
inline namespace v1 {
namespace {

constexpr std::size_t longest_word = 64;  // what is longer was hardly meant to be a key

/// Optimal string alignment distance, by rows.
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view written, std::span<const std::string_view> candidates) {
  if (written.size() > longest_word) return {};
  std::size_t best = std::max<std::size_t>(written.size() / 3, 1) + 1;
  std::string_view found;
  for (const std::string_view candidate : candidates) {
    const std::size_t slips = slips_between(written, candidate);
    if (slips >= best || slips >= candidate.size()) continue;
    best = slips;
    found = candidate;
  }
  return found;
}

std::string did_you_mean(std::string_view written, std::span<const std::string_view> candidates) {
  const std::string_view meant = nearest(written, candidates);
  return meant.empty() ? std::string{} : "; did you mean \"" + std::string{meant} + "\"?";
}

}  // namespace v1
}  // namespace strata
