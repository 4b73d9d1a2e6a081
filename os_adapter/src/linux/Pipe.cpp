// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

Raw pipe_open(Handle pair[2]) {
  int made[2];
  if (::pipe2(made, O_CLOEXEC | O_NONBLOCK) != 0) return -Raw{errno};
  pair[0] = Handle{made[0]};
  pair[1] = Handle{made[1]};
  return 0;
}

}  // namespace strata::inline v1::os::native
