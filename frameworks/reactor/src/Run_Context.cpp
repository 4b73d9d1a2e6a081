// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Run_Context.h>

#include <new>

namespace strata {
inline namespace v1 {

std::unique_ptr<Run_Context> Run_Context::make() noexcept {
  return std::unique_ptr<Run_Context>{new (std::nothrow) Run_Context};
}

}  // namespace v1
}  // namespace strata
