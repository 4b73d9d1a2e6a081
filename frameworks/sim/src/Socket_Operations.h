// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <strata/os/Operations.h>

namespace strata::inline v1::sim {

/// The seam's entries for sockets: find the object, draw the faults, act, record.
namespace socket_operations {

os::Raw receive(os::Handle, std::byte* data, std::size_t size);
os::Raw send(os::Handle, const std::byte* data, std::size_t size);
void fill(os::Operations& table);

}  // namespace socket_operations
}  // namespace strata::inline v1::sim
