// SPDX-License-Identifier: Apache-2.0
#include "load/Client_Socket.h"

#include "common/Server_Setup.h"

namespace bench {

namespace {

// 250 addresses in turn, from one that differs from process to process.
sockaddr_in next_source() {
  static std::uint32_t turn = static_cast<std::uint32_t>(getpid()) * 97;
  constexpr std::uint32_t addresses = 250;
  constexpr std::uint32_t first = (127U << 24) + (8U << 16) + 1;
  sockaddr_in source = loopback(0);
  source.sin_addr.s_addr = htonl(first + turn++ % addresses);
  return source;
}

}  // namespace

// A blocking connect: on the loopback the handshake is over before it would have to sleep.
Client_Socket::Client_Socket(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  require(fd_ >= 0, "socket");
  set_option(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  const sockaddr_in source = next_source();
  require(bind(fd_, reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0, "bind");
  const sockaddr_in server = loopback(port);
  require(connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0, "connect");
}

Client_Socket::~Client_Socket() {
  if (fd_ >= 0) close(fd_);
}

void Client_Socket::reset_on_close() const {
  const linger abortive{.l_onoff = 1, .l_linger = 0};
  require(setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive) == 0, "setsockopt");
}

}  // namespace bench
