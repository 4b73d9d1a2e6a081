// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <vector>

namespace bench {

// Endless bytes that both ends of a stream can compute: position p holds the same byte for every connection, and each
// starts elsewhere, so that lost, doubled, reordered and swapped bytes all show.
class Payload {
 public:
  static constexpr std::size_t window = 256 * 1024;  // the longest span that at() gives

  Payload() : bytes_(period + window) {
    std::mt19937 random(7);
    for (std::size_t i = 0; i < period; ++i) bytes_[i] = static_cast<char>(random());
    for (std::size_t i = period; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - period];
  }

  [[nodiscard]] const char* at(std::uint64_t position) const noexcept { return &bytes_[position % period]; }

  [[nodiscard]] bool matches(std::uint64_t position, std::span<const char> received) const noexcept {
    return received.size() <= window && std::memcmp(at(position), received.data(), received.size()) == 0;
  }

 private:
  static constexpr std::size_t period = 65'521;  // prime: no message size divides it
  std::vector<char> bytes_;
};

}  // namespace bench
