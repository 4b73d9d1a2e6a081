// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Signal_Handler.h>

namespace strata {
inline namespace v1 {

Result<> Signal_Handler::handle_input() {
  for (;;) {
    const Result<os::Signal> signal = source_.next();
    if (!signal) return fail(signal.error());  // would-block: all that was pending has been told
    if (const Result<> handled = handle_signal(*signal); !handled) return handled;
  }
}

}  // namespace v1
}  // namespace strata
