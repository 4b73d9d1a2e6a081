// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <strata/configurator/Config_Error.h>

namespace strata {
inline namespace v1 {

/// The first byte that no YAML file in UTF-8 may hold: a broken sequence or a control character (YAML 1.2, 5.1).
std::optional<std::size_t> find_foreign_byte(std::string_view text) noexcept;

/// Whether the scalar whose node starts at `position` (properties such as `&anchor` first) is one in quotes that the
/// end of the text cuts off. yaml-cpp 0.7 takes such a scalar without a word.
bool is_unclosed_quote(std::string_view text, std::size_t position) noexcept;

/// Where a byte stands.
Mark mark_of(std::string_view text, std::size_t position) noexcept;

}  // namespace v1
}  // namespace strata
