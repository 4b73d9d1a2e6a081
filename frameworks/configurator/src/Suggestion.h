// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace strata {
inline namespace v1 {

/// The candidate that was probably meant: the nearest by slips of one letter (left out, put in, changed, two swapped),
/// at most one for three letters written. Empty for none.
std::string_view nearest(std::string_view written, std::span<const std::string_view> candidates);

/// "; did you mean \"kind\"?" or nothing.
std::string did_you_mean(std::string_view written, std::span<const std::string_view> candidates);

}  // namespace v1
}  // namespace strata
