// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include <strata/logging/Log_Format.h>
#include <strata/logging/Log_Level.h>
#include <strata/os/Clock.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace v1 {

/// How a log file is cut into archives (FILE.0 is the newest), and how many are kept.
struct Log_Rotation {
  std::uint64_t size = 0;        ///< bytes; 0: not by size
  Duration interval{0};          ///< whole minutes; 0: not by time
  std::uint32_t archives = 10;   ///< kept; older ones are removed. 0: all are kept
};

/// The `logging:` part of a configuration as plain values.
struct Log_Options {
  Log_Format format = Log_Format::classic;
  Log_Level level = Log_Level::info;
  std::map<std::string, Log_Level, std::less<>> categories;  ///< levels that differ, by category
  std::string file;                                          ///< empty: standard error
  Log_Rotation rotation;                                     ///< of `file`
  std::size_t queue_bytes = 1024 * 1024;                     ///< what is beyond is dropped and counted
};

/// What no sink could honour. Error: invalid_argument, naming the key.
Outcome<> validate(const Log_Options&);

}  // namespace v1
}  // namespace strata
