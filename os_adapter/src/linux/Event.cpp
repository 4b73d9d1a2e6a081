// SPDX-License-Identifier: Apache-2.0
#include <sys/eventfd.h>

#include "linux/Native.h"

namespace strata::inline v1::os::native {

Raw event_open() { return raw_of(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

}  // namespace strata::inline v1::os::native
