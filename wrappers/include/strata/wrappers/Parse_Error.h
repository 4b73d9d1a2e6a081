// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What is wrong with a text that a person wrote, and where. Whoever knows the text's own place (a file's line and
/// column) adds the offset to it.
struct Parse_Error {
  std::size_t offset = 0;  ///< in bytes, from 0; the text's length when something is missing at its end
  std::string what;        ///< "the port must be a number from 0 to 65535"; printable ASCII, never the text itself
};

}  // namespace v1
}  // namespace strata
