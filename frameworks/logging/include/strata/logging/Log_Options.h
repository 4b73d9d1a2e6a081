// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <strata/logging/Log_Format.h>
#include <strata/logging/Log_Level.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How a log file is cut into archives (FILE.0 is the newest), and how many are kept.
struct Log_Rotation {
  std::uint64_t size = 0;       ///< bytes; 0: not by size
  Duration interval{0};         ///< at its multiples in UTC: a day rotates at midnight; 0: not by time
  std::uint32_t archives = 10;  ///< 1 to 1000 are kept, older ones are removed
};

/// The `logging:` part of a configuration as plain values.
struct Log_Options {
  Log_Format format = Log_Format::classic;
  Log_Level level = Log_Level::info;
  Log_Levels categories;                  ///< whose level differs
  std::string file;                       ///< absolute; empty: standard error
  Log_Rotation rotation;                  ///< of `file`
  std::size_t queue_bytes = 1024 * 1024;  ///< of lines that wait; what is beyond is dropped and counted
};

/// What no sink could honour. Error: invalid_argument, naming the key.
Outcome<> validate(const Log_Options&);

}  // namespace v1
}  // namespace strata
