// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

/// Fills `out` with bytes fit for keys. @threads any. Source: getrandom(2). Errors: function_not_supported.
Result<> fill_entropy(Bytes out);

/// 64 random bits, for seeds and jitter; falls back to the clock where there is no entropy. @threads any
std::uint64_t random_seed() noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
