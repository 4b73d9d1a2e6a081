// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

// Latencies in ns, 32 buckets for each power of two: a percentile is at most 3 % too high.
class Histogram {
 public:
  void add(std::uint64_t ns) noexcept {
    ++buckets_[bucket(ns)];
    ++count_;
  }

  // The upper end of the bucket that holds the given share, 0 < share ≤ 1; 0 when empty.
  [[nodiscard]] std::uint64_t percentile(double share) const noexcept {
    auto wanted = static_cast<std::uint64_t>(static_cast<double>(count_) * share);
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if (buckets_[i] > wanted) return upper_end(i);
      wanted -= buckets_[i];
    }
    return count_ > 0 ? upper_end(buckets_.size() - 1) : 0;
  }

 private:
  static constexpr unsigned sub_bits = 6;  // half of them repeat the bucket below and stay empty
  static constexpr std::uint64_t sub_buckets = 1U << sub_bits;

  static std::size_t bucket(std::uint64_t ns) noexcept {
    const auto shift = static_cast<unsigned>(std::bit_width(ns | (sub_buckets - 1))) - sub_bits;
    return (std::size_t{shift} << sub_bits) + (ns >> shift);
  }
  static std::uint64_t upper_end(std::size_t bucket) noexcept {
    const auto shift = static_cast<unsigned>(bucket >> sub_bits);
    return (((bucket & (sub_buckets - 1)) + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - sub_bits + 1) * sub_buckets> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace bench
