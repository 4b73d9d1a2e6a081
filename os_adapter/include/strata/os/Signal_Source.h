// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// `kill` and `stop` are for other processes: no Signal_Source tells of them. `resume` is SIGCONT. Source: signal(7).
enum class Signal : std::uint8_t { interrupt, terminate, hangup, user1, user2, child, quit, resume, stop, kill };

/// Signals as a readable handle. Opening it blocks them in the calling thread: open it before the first thread starts,
/// so that all inherit the mask. One a process. Pending signals of one kind coalesce. Closing it leaves them blocked.
/// Source: signalfd(2).
class Signal_Source {
 public:
  static Result<Signal_Source> open(std::initializer_list<Signal> signals);  ///< invalid_argument: `kill`, `stop`
  Handle handle() const noexcept { return handle_.get(); }
  Result<Signal> next() noexcept;  ///< operation_would_block when none is pending

 private:
  explicit Signal_Source(Unique_Handle handle) noexcept : handle_(std::move(handle)) {}
  Unique_Handle handle_;
};

}  // namespace os
}  // namespace v1
}  // namespace strata
