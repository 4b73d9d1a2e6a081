// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// Moves bytes from one descriptor to another in the system; one of both is a pipe (see open_pipe). Bytes moved,
/// possibly fewer; 0 at the end of the stream. Errors: operation_would_block (nothing to take, or no room to put it:
/// which of the two is not told), broken_pipe where nobody reads, and never a SIGPIPE; invalid_argument where neither
/// is a pipe. Source: splice(2).
Result<std::size_t> splice(Handle from, Handle to, std::size_t size) noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
