// SPDX-License-Identifier: Apache-2.0
// ACE: Acceptor and Svc_Handler on ACE_Dev_Poll_Reactor, ACE_Select_Reactor, or N threads on one ACE_TP_Reactor.
// `peer_ace [--port N] [--select | --tp N]`
#include <ace/Acceptor.h>
#include <ace/Dev_Poll_Reactor.h>
#include <ace/INET_Addr.h>
#include <ace/Reactor.h>
#include <ace/SOCK_Acceptor.h>
#include <ace/SOCK_Stream.h>
#include <ace/Select_Reactor.h>
#include <ace/Svc_Handler.h>
#include <ace/TP_Reactor.h>

#include <array>
#include <memory>

#include "common/Crew.h"
#include "common/Server_Setup.h"

namespace {

thread_local std::array<char, 64 * 1024> buffer;

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

// No upcall runs with signals masked (a pair of system calls each), and who waited least leads next: its cache is warm.
std::unique_ptr<ACE_Reactor_Impl> make_pool() {
  return std::make_unique<ACE_TP_Reactor>(nullptr, nullptr, false, ACE_Select_Reactor_Token::LIFO);
}

std::unique_ptr<ACE_Reactor_Impl> make_reactor(bool select, bool pool) {
  if (pool) return make_pool();
  if (select) return std::make_unique<ACE_Select_Reactor>();
  return std::make_unique<ACE_Dev_Poll_Reactor>(size_t{12'000}, true);
}

}  // namespace

int main(int argc, char** argv) {
  bench::raise_descriptor_limit();
  const unsigned threads = bench::count_argument(argc, argv, "--tp");
  const auto implementation =
      make_reactor(bench::has_flag(argc, argv, "--select"), bench::has_flag(argc, argv, "--tp"));
  ACE_Reactor reactor(implementation.get());
  ACE_Acceptor<Echo, ACE_SOCK_ACCEPTOR> acceptor;
  const ACE_INET_Addr address(bench::port_argument(argc, argv), INADDR_LOOPBACK);
  bench::require(acceptor.open(address, &reactor, ACE_NONBLOCK) == 0, "ACE_Acceptor::open");
  bench::start_listening(acceptor.get_handle());  // again: ACE's own backlog is 5
  bench::run_crew(threads, [&](unsigned) { reactor.run_reactor_event_loop(); });
}
