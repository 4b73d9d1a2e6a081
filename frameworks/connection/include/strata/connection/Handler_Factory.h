// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <type_traits>

#include <strata/connection/Service.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A new H for a connection of `service`: `H(Service&)` where it exists, else `H()`.
template <class H>
std::unique_ptr<H> make_handler_of(Service& service) {
  if constexpr (std::is_constructible_v<H, Service&>) {
    return std::make_unique<H>(service);
  } else {
    return std::make_unique<H>();
  }
}

}  // namespace v1
}  // namespace strata
