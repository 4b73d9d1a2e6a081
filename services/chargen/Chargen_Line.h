// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

/// The lines of RFC 864: 72 of the 95 printing characters, each line one further than the one before. A value.
class Chargen_Line {
 public:
  std::string_view text() const noexcept { return {line_.data(), line_.size()}; }
  void advance() noexcept { fill(first_ = (first_ + 1) % characters); }
  Chargen_Line() noexcept { fill(0); }

 private:
  static constexpr std::size_t columns = 72, characters = 95;
  void fill(std::size_t first) noexcept {
    for (std::size_t i = 0; i < columns; ++i) line_[i] = static_cast<char>(' ' + (first + i) % characters);
    line_[columns] = '\r', line_[columns + 1] = '\n';
  }
  std::size_t first_ = 0;
  std::array<char, columns + 2> line_;
};
