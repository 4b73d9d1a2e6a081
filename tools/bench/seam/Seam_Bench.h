// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <strata/os/Bytes.h>
#include <strata/os/Clock.h>
#include <strata/os/Handle.h>
#include <strata/os/Operations.h>
#include <strata/os/Result.h>

namespace seam_bench {

// Entries that return at once.
strata::os::Raw fake_receive(strata::os::Handle, std::byte* data, std::size_t size);
std::int64_t fake_monotonic_ns();

// The os:: functions as they would be without a seam: the same code, the entry called by its name.
strata::Result<std::size_t> direct_receive(strata::os::Handle, strata::Bytes);
strata::Time_Point direct_now() noexcept;

}  // namespace seam_bench
