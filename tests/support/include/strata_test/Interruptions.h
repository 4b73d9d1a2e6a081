// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <strata/os/Operations.h>

namespace strata_test {

/// While it lives, every second call of each entry that signal(7) lists as interruptible says EINTR, over the table in
/// force when it is made; a wait only where it would block. `close` is left out: it is done even so (PORTING.md).
/// @threads any may call
class Interruptions {
 public:
  /// Whether the environment asks for the suite under interruption: STRATA_INTERRUPTED is set.
  static bool wanted();

  Interruptions();

  /// How often a wait said EINTR in this process. Each is a turn of the loop in which nothing happens.
  static std::uint64_t waits();

 private:
  strata::os::Operations table_;
  strata::os::Operations_Scope scope_;
};

}  // namespace strata_test
