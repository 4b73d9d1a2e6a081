// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Asynch_Connector.h>

#include <new>

#include <strata/os/Socket.h>

namespace strata {
inline namespace v1 {

Result<Handler_Ref> Asynch_Connector_Base::connect(Proactor& proactor, const os::Socket_Address& peer,
                                                   Duration deadline, std::unique_ptr<Service_Handler> handler,
                                                   Failed failed) {
  Result<os::Unique_Handle> socket = os::open_socket(peer.family(), os::Socket_Kind::stream);
  if (!socket) return fail(socket.error());
  std::unique_ptr<Service_Handler> connector{
      new (std::nothrow) Asynch_Connector_Base{peer, deadline, std::move(handler), std::move(failed)}};
  if (connector == nullptr) return fail(std::errc::not_enough_memory);
  return proactor.adopt(std::move(connector), std::move(*socket));
}

Result<> Asynch_Connector_Base::handle_connect(Completed) {
  connected_ = true;
  close();
  return {};
}

/// The handle is free by now for who takes it over.
void Asynch_Connector_Base::handle_close(std::error_code reason) noexcept {
  if (connected_ && !reason) {
    const Result<Handler_Ref> adopted = proactor().adopt(std::move(handler_), release_handle());
    if (adopted) return;
    reason = adopted.error();
  }
  if (failed_) failed_(reason);
}

}  // namespace v1
}  // namespace strata
