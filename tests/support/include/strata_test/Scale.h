// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace strata_test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

/// How often a heavy test repeats: `full` where STRATA_FULL is set in the environment, a hundredth of it there under a
/// sanitizer, else a thousandth; never fewer than 1,000 and never more than `full`.
inline std::uint64_t count(std::uint64_t full) {
  const bool whole = std::getenv("STRATA_FULL") != nullptr;
  const std::uint64_t divisor = !whole ? 1000 : sanitized ? 100 : 1;
  return std::min(full, std::max<std::uint64_t>(full / divisor, 1000));
}

}  // namespace strata_test
