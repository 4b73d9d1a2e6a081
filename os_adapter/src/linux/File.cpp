// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

Raw file_open_beneath(Handle folder, const char* name, Open_Mode mode, unsigned permissions) {
  const int flags = open_flags(mode) | O_NONBLOCK;
  open_how how{};
  how.flags = static_cast<unsigned>(flags);
  how.mode = (flags & O_CREAT) != 0 ? permissions : 0;  // openat2(2) takes none where nothing is made
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return opened(raw_of(syscall(SYS_openat2, folder.value(), name, &how, sizeof how)), mode);
}

}  // namespace strata::inline v1::os::native
