// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

enum class Signal : std::uint8_t;

std::int64_t process_id() noexcept;

/// The file of the running program. Not behind the seam, as it orders nothing. Source: proc(5).
Result<std::string> executable_path();

/// Raises the soft limit on open descriptors to the hard one; the limit now in force. Source: getrlimit(2).
Result<std::uint64_t> raise_descriptor_limit() noexcept;

/// A program to run in a process of its own. A stream that is not given is /dev/null; Handle{2} is this process's. One
/// that is given is made blocking, as programs expect, for all who share the open file: give an end of a pipe away.
struct Process_Start {
  std::string program{};                 ///< its path; it is looked for nowhere
  std::vector<std::string> arguments{};  ///< without its name, which is `program`
  Handle input{}, output{}, error{};
};

/// How a process has ended.
struct Exit_Status {
  int code = 0;    ///< what it returned
  int signal = 0;  ///< the system's number of the signal that ended it; 0: none did
};

// A process is a handle, readable from its end on.

/// Starts one with this process's environment and folder, with no descriptor but its three streams, and with all
/// signals unblocked and as they were at first. It must be reaped, by its handle and by nobody else. Errors: those of
/// execve(2); invalid_argument (a NUL in its path or in an argument); where there is no descriptor left for it, it is
/// killed. Source: posix_spawn(3), pidfd_open(2).
Result<Unique_Handle> start_process(const Process_Start& wanted);
/// Any process, by its id. Errors: no_such_process.
Result<Unique_Handle> open_process(std::int64_t id);
/// How it ended, once. Errors: operation_would_block (it lives), no_child_process (not this process's, or reaped
/// before). Source: waitid(2).
Result<Exit_Status> reap(Handle process) noexcept;
/// Errors: no_such_process (it was reaped), operation_not_permitted. Source: pidfd_send_signal(2).
Result<> signal_process(Handle process, Signal signal) noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
