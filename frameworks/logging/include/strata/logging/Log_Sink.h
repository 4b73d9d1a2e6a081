// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/logging/Log_Record.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Where lines end. Owned by a Log_System, which calls it from one thread at a time. May block: only the log thread
/// waits, unless the system writes directly. Must not log.
class Log_Sink {
 public:
  virtual ~Log_Sink() = default;
  /// One line, whole or not at all. An error means that it is lost; the caller counts it.
  virtual Result<> write(const Log_Record&) = 0;
  /// Opens its file anew by name, after somebody else moved it away (SIGHUP).
  virtual Result<> reopen() { return {}; }
};

}  // namespace v1
}  // namespace strata
