// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/SOCK_Connector.h>

#include <utility>

#include <strata/os/Socket.h>

namespace strata {
inline namespace v1 {

Result<SOCK_Stream> SOCK_Connector::start(const os::Socket_Address& remote, const os::Socket_Address* local) noexcept {
  auto socket = os::open_socket(remote.family(), os::Socket_Kind::stream);
  if (!socket) return fail(socket.error());
  if (local != nullptr) {
    if (const auto bound = os::bind(socket->get(), *local); !bound) return fail(bound.error());
  }
  const auto connected = os::connect(socket->get(), remote);
  if (!connected && connected.error() != std::errc::operation_in_progress) return fail(connected.error());
  return SOCK_Stream(std::move(*socket));
}

Result<> SOCK_Connector::complete(SOCK_Stream& stream) noexcept {
  if (const std::error_code error = stream.pending_error()) return fail(error);
  const auto peer = stream.peer_address();
  if (!peer && peer.error() == std::errc::not_connected) return fail(std::errc::operation_in_progress);
  if (!peer) return fail(peer.error());
  if (peer->port() != 0 && stream.local_address() == peer) return fail(std::errc::connection_refused);
  return {};
}

}  // namespace v1
}  // namespace strata
