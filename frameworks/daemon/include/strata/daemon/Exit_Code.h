// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// How a daemon ends. Source: sysexits(3).
enum class Exit_Code : int {
  success = 0,
  usage = 64,          ///< EX_USAGE: the command line
  unavailable = 69,    ///< EX_UNAVAILABLE: a service could not start, as where its address is taken
  internal = 70,       ///< EX_SOFTWARE: the loop failed
  configuration = 78,  ///< EX_CONFIG
};

}  // namespace v1
}  // namespace strata
