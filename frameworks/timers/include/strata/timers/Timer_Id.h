// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Names one callback timer for ever: a slot and the generation of its use. The default one names none.
struct Timer_Id {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  explicit operator bool() const noexcept { return generation != 0; }
  friend bool operator==(Timer_Id, Timer_Id) = default;
};

}  // namespace v1
}  // namespace strata
