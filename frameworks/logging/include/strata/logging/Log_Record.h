// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <strata/logging/Log_Level.h>
#include <strata/logging/Log_Value.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Who speaks: the standard fields of a line. `peer` may be any value; an address is rendered only when written.
struct Log_Context {
  std::string_view service;      ///< empty: none
  std::uint64_t connection = 0;  ///< 0: none
  Log_Value peer;
};

/// One line before it has a format. A view: a sink must not keep it beyond its call.
struct Log_Record {
  static constexpr std::size_t max_text = 4096;  ///< bytes of one text; what is longer is cut and ends in "..."

  std::int64_t time_ns;  ///< since 1970-01-01 UTC
  Log_Level level;
  std::string_view category;
  Log_Context context;
  std::string_view message;
  std::span<const Log_Value> pairs;  ///< name, value, name, value, …; names are texts
};

}  // namespace v1
}  // namespace strata
