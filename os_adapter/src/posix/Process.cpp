// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <sys/resource.h>
#include <unistd.h>

#include "posix/Native.h"

namespace strata::inline v1::os::native {

Raw process_id() { return getpid(); }

Raw raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -Raw{errno};
  if (limit.rlim_cur != limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return -Raw{errno};
  }
  constexpr rlim_t largest = std::numeric_limits<Raw>::max();  // RLIM_INFINITY is beyond it
  return static_cast<Raw>(limit.rlim_cur < largest ? limit.rlim_cur : largest);
}

}  // namespace strata::inline v1::os::native
