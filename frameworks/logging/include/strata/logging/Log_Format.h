// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <strata/logging/Log_Record.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How a line looks; all times are UTC.
enum class Log_Format : std::uint8_t {
  classic,  ///< 2026-11-22 10:10:30.123 INFO  [reactor] message name=value
  iso,      ///< 2026-11-22T10:10:30.123456Z INFO [reactor] message name=value (RFC 3339)
  json,     ///< {"time":"2026-11-22T10:10:30.123456Z","level":"info","category":"reactor","message":…} (RFC 8259)
};
std::string_view to_text(Log_Format) noexcept;
std::optional<Log_Format> parse_log_format(std::string_view) noexcept;

/// Appends one line without its end. Whatever the texts hold, the result has no control character, so that a peer can
/// neither forge a line nor steer a terminal; in JSON, bytes that are not UTF-8 become \u00XX by their value.
void format_line(Log_Format, const Log_Record&, std::string& out);

}  // namespace v1
}  // namespace strata
