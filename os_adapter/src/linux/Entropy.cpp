// SPDX-License-Identifier: Apache-2.0
#include <sys/random.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

Raw entropy(std::byte* data, std::size_t size) { return raw_of(getrandom(data, size, 0)); }

}  // namespace strata::inline v1::os::native
