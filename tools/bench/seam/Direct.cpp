// SPDX-License-Identifier: Apache-2.0
#include <system_error>

#include "Seam_Bench.h"

namespace seam_bench {

strata::Result<std::size_t> direct_receive(strata::os::Handle handle, strata::Bytes out) {
  constexpr auto interrupted = -static_cast<strata::os::Raw>(std::errc::interrupted);
  strata::os::Raw raw = fake_receive(handle, out.data(), out.size());
  while (raw == interrupted) raw = fake_receive(handle, out.data(), out.size());
  if (raw < 0) [[unlikely]] return strata::fail(std::error_code{static_cast<int>(-raw), std::generic_category()});
  return static_cast<std::size_t>(raw);
}

strata::Time_Point direct_now() noexcept { return strata::Time_Point{strata::Duration{fake_monotonic_ns()}}; }

}  // namespace seam_bench
