// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Splice.h>

#include "common/Seam.h"

namespace strata::inline v1::os {

Result<std::size_t> splice(Handle from, Handle to, std::size_t size) noexcept {
  return counted(retry(table().splice, from, to, size));
}

}  // namespace strata::inline v1::os
