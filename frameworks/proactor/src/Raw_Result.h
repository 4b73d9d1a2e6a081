// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <system_error>

namespace strata {
inline namespace v1 {

// Results of operations are as the seam has them: a number, or a std::errc negated.
inline constexpr std::int32_t raw_canceled = -static_cast<std::int32_t>(std::errc::operation_canceled);
inline constexpr std::int32_t raw_would_block = -static_cast<std::int32_t>(std::errc::resource_unavailable_try_again);

inline std::error_code code_of(std::int32_t result) noexcept { return {-result, std::generic_category()}; }

}  // namespace v1
}  // namespace strata
