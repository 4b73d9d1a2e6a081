// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "World.h"

namespace strata::inline v1::sim {

template <auto entry>
struct Switching;

template <class Outcome, class... Arguments, Outcome (*entry)(Arguments...)>
struct Switching<entry> {
  static Outcome call(Arguments... arguments) {
    active_world()->threads.may_switch();
    const Outcome outcome = entry(arguments...);
    active_world()->threads.may_switch();
    return outcome;
  }
};

/// An entry of the seam, before and after which another thread may go on.
template <auto entry>
inline constexpr auto switching = &Switching<entry>::call;

}  // namespace strata::inline v1::sim
