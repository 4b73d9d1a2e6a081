// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sched.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

void name_this_thread(const char* name) noexcept { pthread_setname_np(pthread_self(), name); }

int set_affinity(pthread_attr_t& attributes, int core) noexcept {
  if (core >= CPU_SETSIZE) return EINVAL;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  return pthread_attr_setaffinity_np(&attributes, sizeof cores, &cores);
}

}  // namespace strata::inline v1::os::native
