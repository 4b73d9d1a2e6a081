// SPDX-License-Identifier: Apache-2.0
#include "Yaml_Text.h"

#include <algorithm>
#include <cstdint>

namespace strata {
inline namespace v1 {
namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Bytes of the UTF-8 sequence at the front, 0 where it is broken (RFC 3629: no surrogates, nothing overlong).
std::size_t sequence_length(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto follows = [&at](std::size_t i, unsigned from = 0x80, unsigned to = 0xBF) {
    return at(i) >= from && at(i) <= to;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned from = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned to = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, from, to) && follows(2) ? 3 : 0;
  }
  if (lead < 0xF0 || lead > 0xF4) return 0;
  const unsigned from = lead == 0xF0 ? 0x90 : 0x80;
  const unsigned to = lead == 0xF4 ? 0x8F : 0xBF;
  return follows(1, from, to) && follows(2) && follows(3) ? 4 : 0;
}

bool is_control(char c) noexcept {
  const auto byte = static_cast<std::uint8_t>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

std::size_t skip_blank(std::string_view text, std::size_t i) noexcept {
  while (i < text.size() && (is_space(text[i]) || text[i] == '#')) {
    if (text[i] == '#') {
      while (i < text.size() && text[i] != '\n') ++i;
    } else {
      ++i;
    }
  }
  return i;
}

std::size_t skip_properties(std::string_view text, std::size_t i) noexcept {
  while (i < text.size() && (text[i] == '&' || text[i] == '!')) {
    while (i < text.size() && !is_space(text[i])) ++i;
    i = skip_blank(text, i);
  }
  return i;
}

}  // namespace

std::optional<std::size_t> find_foreign_byte(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text.substr(i));
    if (length == 0 || is_control(text[i])) return i;
    i += length;
  }
  return std::nullopt;
}

bool is_unclosed_quote(std::string_view text, std::size_t position) noexcept {
  std::size_t i = skip_properties(text, position);
  if (i >= text.size() || (text[i] != '"' && text[i] != '\'')) return false;
  const char quote = text[i++];
  while (i < text.size()) {
    if (text[i] == '\\' && quote == '"') {
      i += 2;
    } else if (text[i] != quote) {
      ++i;
    } else if (quote == '\'' && i + 1 < text.size() && text[i + 1] == quote) {
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

Mark mark_of(std::string_view text, std::size_t position) noexcept {
  const std::string_view before = text.substr(0, position);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1),
          static_cast<std::uint32_t>(position - line_start + 1)};
}

}  // namespace v1
}  // namespace strata
