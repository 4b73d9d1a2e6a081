// SPDX-License-Identifier: Apache-2.0
#include <strata/log_sinks/Start_Logging.h>

#include <memory>

#include <strata/log_sinks/File_Sink.h>
#include <strata/logging/Stream_Sink.h>

namespace strata {
inline namespace v1 {

namespace {

Outcome<std::unique_ptr<Log_Sink>> open_sink(const Log_Options& options) {
  if (options.file.empty()) return std::make_unique<Stream_Sink>(options.format);
  return open_file_sink(options.file, options.format, options.rotation);
}

}  // namespace

Outcome<> start_logging(Log_System& system, const Log_Options& options) {
  if (Outcome<> valid = validate(options); !valid) return valid;
  auto sink = open_sink(options);
  if (!sink) return std::unexpected{std::move(sink.error())};
  if (Outcome<> set = system.set_sink(std::move(*sink)); !set) return set;
  system.set_levels(options.level, options.categories);
  return system.start(options.queue_bytes);
}

}  // namespace v1
}  // namespace strata
