// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Dgram_Server.h>

#include <exception>
#include <string>
#include <utility>

namespace strata {
inline namespace v1 {

Outcome<> Dgram_Server_Base::open(std::span<const os::Socket_Address> addresses, const Dgram_Limits& limits) {
  os::Socket_Address first;  // udp://*:0 is one port in both families: the second takes what the system gave the first
  for (os::Socket_Address address : addresses) {
    if (address.port() == 0 && first.port() != 0 && address.family() != first.family()) address.set_port(first.port());
    Outcome<SOCK_Dgram> socket = SOCK_Dgram::open(address, {.receive_buffer = limits.receive_buffer});
    if (!socket) return close(), std::unexpected{std::move(socket.error())};
    if (first.port() == 0) first = socket->local_address().value_or(first);
    if (Outcome<> adopted = adopt(std::move(*socket), limits); !adopted) return adopted;
  }
  return {};
}

Outcome<> Dgram_Server_Base::adopt(SOCK_Dgram socket, const Dgram_Limits& limits) try {
  std::erase_if(sockets_, [](Handler_Ref ref) { return ref.reactor()->find(ref) == nullptr; });
  std::unique_ptr<Dgram_Handler> handler = make_handler();
  Dgram_Handler& starting = *handler;
  const Result<Handler_Ref> ref =
      starting.start(std::move(handler), service_, std::move(socket), limits, reflects());
  if (!ref) return close(), fail(ref.error(), "serve datagrams");
  sockets_.push_back(*ref);
  return {};
} catch (const std::exception& e) {
  close();
  return std::unexpected{Error{std::make_error_code(std::errc::state_not_recoverable),
                               std::string{"a handler's constructor threw: "} + e.what()}};
}

std::vector<os::Socket_Address> Dgram_Server_Base::addresses() const {
  std::vector<os::Socket_Address> found;
  for (const Handler_Ref ref : sockets_) {
    if (const auto* handler = static_cast<const Dgram_Handler*>(ref.reactor()->find(ref))) {
      found.push_back(handler->local());
    }
  }
  return found;
}

void Dgram_Server_Base::close() noexcept {
  for (const Handler_Ref ref : std::exchange(sockets_, {})) (void)ref.reactor()->close(ref, errc::stopping);
}

}  // namespace v1
}  // namespace strata
