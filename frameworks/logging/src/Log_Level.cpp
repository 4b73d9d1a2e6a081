// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Level.h>

#include <array>
#include <cstddef>

namespace strata {
inline namespace v1 {

namespace {
constexpr std::array<std::string_view, 7> words{"trace", "debug", "info", "warning", "error", "critical", "off"};
}

std::string_view to_text(Log_Level level) noexcept { return words[static_cast<std::size_t>(level)]; }

std::optional<Log_Level> parse_log_level(std::string_view word) noexcept {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return static_cast<Log_Level>(i);
  }
  return std::nullopt;
}

}  // namespace v1
}  // namespace strata
