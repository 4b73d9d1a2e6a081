// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <strata/logging/Log_Level.h>
#include <strata/logging/Log_Sink.h>
#include <strata/logging/Logger.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

using Log_Levels = std::map<std::string, Log_Level, std::less<>>;  ///< by category

/// in = out + dropped + those still queued.
struct Log_Statistics {
  std::uint64_t in = 0;       ///< calls at or above their category's level
  std::uint64_t out = 0;      ///< lines that the sink took
  std::uint64_t dropped = 0;  ///< the queue was full, or the sink failed
};

/// Categories, their levels, and the way to one sink. At first it writes directly, in the calling thread, to standard
/// error: classic, level info. After `start` callers only fill a bounded queue, and a log thread feeds the sink.
/// A queue that is full drops lines; when it has room again one line tells how many. @threads any
///
/// Who makes a daemon uses `process()`; tests and embedders make their own and hand Loggers down.
class Log_System {
 public:
  Log_System();
  explicit Log_System(std::unique_ptr<Log_Sink> sink);
  Log_System(const Log_System&) = delete;
  Log_System& operator=(const Log_System&) = delete;
  /// Writes what is queued, however long the sink takes. No Logger of it may be used any more.
  ~Log_System();

  /// The process's own, for code to which nobody handed a Logger. Never destroyed, so its Loggers are good for ever.
  static Log_System& process();

  /// The category's handle; `name` is copied. Parts are separated by dots: "service.echo" takes its level from
  /// "service", and that from the root, "", unless it has one of its own.
  Logger logger(std::string_view name);
  void set_level(std::string_view name, Log_Level);  ///< at once, for all threads; of categories to come as well
  /// The root's level and all others that differ, in place of those before.
  void set_levels(Log_Level root, const Log_Levels& others);

  /// Replaces the sink, which is destroyed. Error: device_or_resource_busy while the log thread runs.
  Outcome<> set_sink(std::unique_ptr<Log_Sink>);
  /// Starts the log thread. `queue_bytes` bounds each of two buffers; a line takes about 50 bytes and its texts.
  /// Errors: device_or_resource_busy (it runs), or the system's for threads; then lines are written directly as before.
  Outcome<> start(std::size_t queue_bytes);
  /// Waits until all lines logged before have reached the sink. False: not by `deadline`.
  bool flush(Duration deadline);
  /// Writes what is queued, ends the log thread, and goes on directly to the same sink. False: the sink still blocks at
  /// `deadline`; from then on lines are dropped, and the log thread is left to the end of the process.
  bool stop(Duration deadline);
  /// Has the sink open its file anew, on the log thread where it runs. Failures are lines on this log.
  void reopen();

  Log_Statistics statistics() const;

 private:
  friend class Logger;
  struct Parts;
  void submit(const Log_Category&, Log_Level, const Log_Context*, std::string_view message,
              std::span<const Log_Value> pairs) noexcept;

  std::unique_ptr<Parts> parts_;
};

}  // namespace v1
}  // namespace strata
