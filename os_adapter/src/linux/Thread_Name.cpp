// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

void name_this_thread(const char* name) noexcept { pthread_setname_np(pthread_self(), name); }

}  // namespace strata::inline v1::os::native
