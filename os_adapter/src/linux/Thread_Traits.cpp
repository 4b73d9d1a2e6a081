// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include <strata/os/Thread.h>

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

namespace strata::inline v1::os {

unsigned processors() noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return std::max(1u, std::thread::hardware_concurrency());
  return static_cast<unsigned>(CPU_COUNT(&allowed));
}

One_Processor::One_Processor() noexcept {
  static_assert(sizeof(cpu_set_t) == sizeof before_);
  cpu_set_t allowed, one;
  const int here = sched_getcpu();
  if (here < 0 || here >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  CPU_ZERO(&one);
  CPU_SET(here, &one);
  kept_ = sched_setaffinity(0, sizeof one, &one) == 0;
  std::memcpy(before_.data(), &allowed, sizeof allowed);
}

One_Processor::~One_Processor() {
  cpu_set_t allowed;
  std::memcpy(&allowed, before_.data(), sizeof allowed);
  if (kept_) (void)sched_setaffinity(0, sizeof allowed, &allowed);
}

}  // namespace strata::inline v1::os
