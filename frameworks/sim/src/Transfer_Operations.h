// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Operations.h>

namespace strata::inline v1::sim {

/// The seam's entries for pipes, and for what goes from one descriptor to another: it is read and written in here.
namespace transfer_operations {

void fill(os::Operations& table);

}  // namespace transfer_operations
}  // namespace strata::inline v1::sim
