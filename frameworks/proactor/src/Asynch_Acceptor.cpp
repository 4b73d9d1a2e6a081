// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Asynch_Acceptor.h>

#include <new>

namespace strata {
inline namespace v1 {

std::unique_ptr<Connection_Handler> Asynch_Acceptor_Base::make_handler(Reactor& home) {
  Proactor& proactor = proactors_.of(home);
  std::unique_ptr<Service_Handler> handler = make_handler(proactor);
  if (!proactor.take(*handler)) throw std::bad_alloc{};
  return handler;
}

}  // namespace v1
}  // namespace strata
