// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Process.h>

#include <algorithm>

#include "common/Seam.h"

namespace strata::inline v1::os {

std::int64_t process_id() noexcept { return table().process_id(); }

Result<std::uint64_t> raise_descriptor_limit() noexcept { return counted(retry(table().raise_descriptor_limit)); }

Result<Unique_Handle> start_process(const Process_Start& wanted) {
  const bool whole = is_whole(wanted.program) && std::ranges::all_of(wanted.arguments, [](const std::string& argument) {
    return is_whole(argument);
  });
  return whole ? owned(retry(table().process_start, wanted)) : fail(std::errc::invalid_argument);
}

Result<Unique_Handle> open_process(std::int64_t id) { return owned(retry(table().process_open, id)); }

Result<Exit_Status> reap(Handle process) noexcept {
  Exit_Status status;
  const Raw raw = retry(table().process_reap, process, status);
  if (raw < 0) return failure(raw);
  return status;
}

Result<> signal_process(Handle process, Signal signal) noexcept {
  return done(retry(table().process_signal, process, signal));
}

}  // namespace strata::inline v1::os
