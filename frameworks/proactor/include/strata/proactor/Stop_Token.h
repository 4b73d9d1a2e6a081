// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>

#include <strata/os/Export.h>
#include <strata/proactor/Operation.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// \file `read(100, {.stop = token})`: operations that a std::stop_token cancels, from whatever thread it is asked.

struct Stop_Signal::Box {
  std::stop_token token;
};

template <>
inline Stop_Signal::Stop_Signal(const std::stop_token& token)
    : box_(token.stop_possible() ? std::make_shared<const Box>(token) : nullptr) {}

}  // namespace v1
}  // namespace strata
