// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Options.h>

#include <string_view>

namespace strata {
inline namespace v1 {

namespace {

constexpr std::size_t least_queue = 64 * 1024;  // holds some lines of the longest texts
constexpr std::size_t most_queue = 1024 * 1024 * 1024;
constexpr std::uint64_t least_size = 4096;
constexpr Duration least_interval = std::chrono::minutes{1};

Outcome<> refuse(std::string what) {
  return std::unexpected{Error{std::make_error_code(std::errc::invalid_argument), std::move(what)}};
}

Outcome<> validate(const Log_Rotation& rotation, bool has_file) {
  if (!has_file && (rotation.size != 0 || rotation.interval != Duration{0})) return refuse("rotation: needs a file");
  if (rotation.size != 0 && rotation.size < least_size) return refuse("rotation.size: at least 4096 bytes");
  if (rotation.interval != Duration{0} && rotation.interval < least_interval) {
    return refuse("rotation.interval: at least one minute");
  }
  if (rotation.archives < 1 || rotation.archives > 1000) return refuse("rotation.archives: 1 to 1000");
  return {};
}

}  // namespace

Outcome<> validate(const Log_Options& options) {
  if (options.queue_bytes < least_queue || options.queue_bytes > most_queue) return refuse("queue: 64 KiB to 1 GiB");
  if (!options.file.empty() && options.file.front() != '/') return refuse("file: must be an absolute path");
  if (options.file.find('\0') != std::string::npos) return refuse("file: has a NUL");
  return validate(options.rotation, !options.file.empty());
}

}  // namespace v1
}  // namespace strata
