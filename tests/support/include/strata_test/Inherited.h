// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <strata/os/Handle.h>

namespace strata_test {

/// A duplicate as a process finds it after exec: not close-on-exec.
inline strata::os::Handle inherited(strata::os::Handle handle) {
  return strata::os::Handle{::dup(handle.value())};
}

}  // namespace strata_test
