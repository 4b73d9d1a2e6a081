// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

using Bytes = std::span<std::byte>;              ///< bytes that may be changed in place
using Const_Bytes = std::span<const std::byte>;  ///< bytes to read

inline Const_Bytes as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span{text}); }
inline std::string_view as_text(Const_Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace v1
}  // namespace strata
