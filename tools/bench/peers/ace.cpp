// SPDX-License-Identifier: Apache-2.0
// ACE: Acceptor and Svc_Handler on ACE_Dev_Poll_Reactor or ACE_Select_Reactor. `peer_ace [--port N] [--select]`
#include <ace/Acceptor.h>
#include <ace/Dev_Poll_Reactor.h>
#include <ace/INET_Addr.h>
#include <ace/Reactor.h>
#include <ace/SOCK_Acceptor.h>
#include <ace/SOCK_Stream.h>
#include <ace/Select_Reactor.h>
#include <ace/Svc_Handler.h>

#include <array>
#include <memory>

#include "common/Server_Setup.h"

namespace {

std::array<char, 64 * 1024> buffer;

class Echo : public ACE_Svc_Handler<ACE_SOCK_STREAM, ACE_NULL_SYNCH> {
  using Base = ACE_Svc_Handler<ACE_SOCK_STREAM, ACE_NULL_SYNCH>;

 public:
  using Base::Base;

  int open(void* acceptor) override {
    int on = 1;
    peer().set_option(IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    peer().enable(ACE_NONBLOCK);
    return Base::open(acceptor);
  }

  int handle_input(ACE_HANDLE) override {
    const ssize_t received = peer().recv(buffer.data(), buffer.size());
    if (received <= 0) return received < 0 && errno == EWOULDBLOCK ? 0 : -1;
    const auto size = static_cast<size_t>(received);
    return peer().send_n(buffer.data(), size) == received ? 0 : -1;
  }
};

std::unique_ptr<ACE_Reactor_Impl> make_reactor(bool select) {
  if (select) return std::make_unique<ACE_Select_Reactor>();
  return std::make_unique<ACE_Dev_Poll_Reactor>(size_t{12'000}, true);
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  const auto implementation = make_reactor(bench::has_flag(argc, argv, "--select"));
  ACE_Reactor reactor(implementation.get());
  ACE_Acceptor<Echo, ACE_SOCK_ACCEPTOR> acceptor;
  const ACE_INET_Addr address(bench::port_argument(argc, argv), INADDR_LOOPBACK);
  bench::require(acceptor.open(address, &reactor, ACE_NONBLOCK) == 0, "ACE_Acceptor::open");
  bench::start_listening(acceptor.get_handle());  // again: ACE's own backlog is 5
  reactor.run_reactor_event_loop();
}
