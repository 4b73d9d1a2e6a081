// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace cache {

/// The words of a line from the left, one at a time; blanks are spaces alone, as memcached has it. A value.
class Words {
 public:
  explicit Words(std::string_view line) noexcept : rest_(line) {}
  /// Empty at the end.
  std::string_view next() noexcept {
    skip_spaces();
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    return word;
  }
  bool at_end() noexcept {
    skip_spaces();
    return rest_.empty();
  }
  std::string_view rest() const noexcept { return rest_; }

 private:
  void skip_spaces() noexcept {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

/// What follows a command's name.
struct Arguments {
  static constexpr std::size_t most = 7;
  explicit Arguments(Words words) noexcept {
    for (std::string_view word = words.next(); !word.empty() && count <= most; word = words.next()) {
      if (count < most) all[count] = word;
      ++count;
    }
  }
  std::string_view operator[](std::size_t i) const noexcept { return all[i]; }
  std::string_view last() const noexcept { return count == 0 || count > most ? std::string_view{} : all[count - 1]; }

  std::array<std::string_view, most> all{};
  std::size_t count = 0;  ///< `most` + 1: more than any command has
};

/// A whole number as strtol(3) reads one in decimal, all of the word. Nothing for what is none, or out of T's range.
template <class T>
std::optional<T> number(std::string_view word) noexcept {
  if (word.starts_with('+')) word.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

inline constexpr std::size_t longest_key = 250;  ///< bytes, as memcached has it

}  // namespace cache
