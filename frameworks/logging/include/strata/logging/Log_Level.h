// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How much a line matters, and, as a category's threshold, which lines pass: itself and all above.
enum class Log_Level : std::uint8_t { trace, debug, info, warning, error, critical, off };

std::string_view to_text(Log_Level) noexcept;                          ///< "warning"
std::optional<Log_Level> parse_log_level(std::string_view) noexcept;  ///< the exact words of `to_text`

}  // namespace v1
}  // namespace strata
