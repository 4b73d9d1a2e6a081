// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <unistd.h>

#include <strata/os/Handle.h>

namespace strata_test {

/// A duplicate as a process finds it after exec: not close-on-exec.
inline strata::os::Handle inherited(strata::os::Handle handle) {
  return strata::os::Handle{::dup(handle.value())};
}

/// Puts others in place of this process's input and output.
class Standard_Streams {
 public:
  Standard_Streams(strata::os::Handle input, strata::os::Handle output) {
    ::dup2(input.value(), 0);
    ::dup2(output.value(), 1);
  }
  ~Standard_Streams() { restore(); }
  void restore() {
    ::dup2(kept_[0].get().value(), 0);
    ::dup2(kept_[1].get().value(), 1);
  }

 private:
  std::array<strata::os::Unique_Handle, 2> kept_{strata::os::Unique_Handle{inherited(strata::os::Handle{0})},
                                                 strata::os::Unique_Handle{inherited(strata::os::Handle{1})}};
};

}  // namespace strata_test
