// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>

#include <strata/os/Handle.h>

#include <strata_test/Inherited.h>

namespace strata_test {

/// While it lives, this process gets no descriptor more.
class Descriptor_Limit {
 public:
  Descriptor_Limit() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const strata::os::Unique_Handle next{inherited(strata::os::Handle{0})};
    const rlimit none{.rlim_cur = static_cast<rlim_t>(next.get().value()), .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~Descriptor_Limit() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace strata_test
