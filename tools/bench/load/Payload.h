// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "common/Work.h"

namespace bench {

// Endless bytes that both ends of a stream can compute: position p holds the same byte for every connection, and each
// starts elsewhere, so that lost, doubled, reordered and swapped bytes all show. Marked ones have the mark at every
// position that a message starts at, for streams that begin at such a position.
class Payload {
 public:
  static constexpr std::size_t window = 256 * 1024;  // the longest span that at() gives

  Payload() : Payload(65'521) {}  // prime: no message size divides it

  Payload(Mark mark, std::size_t message) : Payload(1'021 * message) {
    for (std::size_t i = 0; i < bytes_.size(); i += message) bytes_[i] = static_cast<char>(mark);
  }

  [[nodiscard]] const char* at(std::uint64_t position) const noexcept { return &bytes_[position % period_]; }

  [[nodiscard]] bool matches(std::uint64_t position, std::span<const char> received) const noexcept {
    return received.size() <= window && std::memcmp(at(position), received.data(), received.size()) == 0;
  }

 private:
  explicit Payload(std::size_t period) : period_(period), bytes_(period + window) {
    std::mt19937 random(7);
    for (std::size_t i = 0; i < period; ++i) bytes_[i] = static_cast<char>(random());
    for (std::size_t i = period; i < bytes_.size(); ++i) bytes_[i] = bytes_[i - period];
  }

  std::size_t period_;
  std::vector<char> bytes_;
};

}  // namespace bench
