// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <type_traits>

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A new H for a connection of `owner`, a Service or a Proactor: `H(Owner&)` where it exists, else `H()`.
template <class H, class Owner>
std::unique_ptr<H> make_handler_of(Owner& owner) {
  if constexpr (std::is_constructible_v<H, Owner&>) {
    return std::make_unique<H>(owner);
  } else {
    return std::make_unique<H>();
  }
}

}  // namespace v1
}  // namespace strata
