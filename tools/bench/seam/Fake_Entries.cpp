// SPDX-License-Identifier: Apache-2.0
#include "Seam_Bench.h"

namespace seam_bench {

strata::os::Raw fake_receive(strata::os::Handle, std::byte*, std::size_t size) {
  return static_cast<strata::os::Raw>(size);
}

std::int64_t fake_monotonic_ns() { return 1; }

}  // namespace seam_bench
