// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Shared_Memory.h>

#include <fcntl.h>
#include <sys/mman.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

Raw shared_memory_open(const char* name, Shared_Open how, unsigned permissions) {
  if (name == nullptr) return raw_of(::memfd_create("strata", MFD_CLOEXEC));
  const int flags = O_RDWR | O_CLOEXEC | (how == Shared_Open::create ? O_CREAT | O_EXCL : 0);
  return raw_of(::shm_open(name, flags, static_cast<mode_t>(permissions)));
}

}  // namespace strata::inline v1::os::native
