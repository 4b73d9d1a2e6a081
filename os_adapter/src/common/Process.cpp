// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Process.h>

#include "common/Seam.h"

namespace strata::inline v1::os {

std::int64_t process_id() noexcept { return table().process_id(); }

Result<std::uint64_t> raise_descriptor_limit() noexcept { return counted(retry(table().raise_descriptor_limit)); }

}  // namespace strata::inline v1::os
