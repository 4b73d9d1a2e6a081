// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/logging/Log_Options.h>
#include <strata/logging/Log_System.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Levels, sink and log thread as `options` say. On an error the system logs as before.
/// Errors: those of `validate`, of opening the file, and of Log_System::start.
Outcome<> start_logging(Log_System& system, const Log_Options& options);

}  // namespace v1
}  // namespace strata
