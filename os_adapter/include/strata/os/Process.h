// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

std::int64_t process_id() noexcept;

/// The file of the running program. Not behind the seam, as it orders nothing. Source: proc(5).
Result<std::string> executable_path();

/// Raises the soft limit on open descriptors to the hard one; the limit now in force. Source: getrlimit(2).
Result<std::uint64_t> raise_descriptor_limit() noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
