// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include <strata/logging/Log_Sink.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Clock.h>
#include <strata/os/Outcome.h>
#include <strata/os/Thread.h>

#include "Record_Buffer.h"

namespace strata {
inline namespace v1 {

/// The way of a record to the sink: directly, or through a queue of two buffers that callers and log thread swap.
/// Invariants, under `mutex_`: the sink is used by callers in mode `direct` only, by the log thread in the others only;
/// the log thread leaves `queued` for `direct` in the same moment in which it finds the queue empty and ends.
class Log_Pipeline {
 public:
  explicit Log_Pipeline(std::unique_ptr<Log_Sink> sink) noexcept : sink_(std::move(sink)) {}
  ~Log_Pipeline();

  void submit(const Log_Record&) noexcept;
  Outcome<> set_sink(std::unique_ptr<Log_Sink>);
  Outcome<> start(std::size_t queue_bytes);
  bool flush(Duration deadline);
  bool stop(Duration deadline);
  void reopen();
  Log_Statistics statistics() const;

 private:
  enum class Mode : std::uint8_t {
    direct,
    queued,
    abandoned,  // `stop` gave up; the log thread may still come back and write what is queued
  };
  using Lock = std::unique_lock<std::mutex>;

  void enqueue(const Log_Record&);
  void run();
  void drain(Lock&);
  bool write(const Log_Record&) noexcept;
  void write_directly(const Log_Record&) noexcept;
  bool write_own(Log_Level, std::string_view message, std::string_view name, const Log_Value& value) noexcept;
  void reopen_sink() noexcept;
  void request_stop(Lock&);

  std::mutex control_;  // start, stop, set_sink, reopen: one at a time; taken before mutex_
  mutable std::mutex mutex_;
  std::condition_variable work_;  // for the log thread
  std::condition_variable done_;  // for those who wait in flush and stop
  std::unique_ptr<Log_Sink> sink_;
  std::optional<Record_Buffer> filling_;
  std::optional<Record_Buffer> draining_;  // the log thread's, without mutex_
  Mode mode_ = Mode::direct;
  bool stopping_ = false;
  bool reopen_ = false;
  Log_Statistics statistics_;
  std::uint64_t queued_ = 0;   // lines ever put into the queue
  std::uint64_t drained_ = 0;  // of these, those that have left it
  std::uint64_t untold_ = 0;  // lines dropped since the last line that told of it
  os::Thread thread_;
};

}  // namespace v1
}  // namespace strata
