// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Signal_Handler.h>

namespace strata {
inline namespace v1 {

Result<> Signal_Handler::handle_input() {
  const Result<os::Signal> signal = source_.next();
  return signal ? handle_signal(*signal) : fail(signal.error());
}

}  // namespace v1
}  // namespace strata
