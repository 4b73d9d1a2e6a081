// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <strata/logging/Log_Format.h>
#include <strata/logging/Log_Options.h>
#include <strata/logging/Log_Sink.h>
#include <strata/os/Export.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Appends lines to a file and rotates it. The file is opened at once, so that a path that cannot be written, or is a
/// link, is an error here and not a lost line later; half a line that a crash or a full disk left is ended first.
/// Lines go past the seam. Source: Poco::FileChannel.
Outcome<std::unique_ptr<Log_Sink>> open_file_sink(const std::string& path, Log_Format, const Log_Rotation& = {});

}  // namespace v1
}  // namespace strata
