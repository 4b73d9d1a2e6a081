// SPDX-License-Identifier: Apache-2.0
// One loop, and the same echo in it three times: by operations with buffers of its own, on a ring and emulated; and on
// readiness, as any Svc_Handler. `operations_echo io_uring|emulated|none [--port N]`
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <strata/connection/Acceptor.h>
#include <strata/connection/Acceptor_Base.h>
#include <strata/connection/Service.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/os/Socket_Address.h>
#include <strata/proactor/Asynch_Acceptor.h>
#include <strata/proactor/Proactor.h>
#include <strata/proactor/Proactors.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>

#include "common/Server_Setup.h"

namespace {

using namespace strata;

class Operations final : public Service_Handler {
  Result<> open() override { return read(); }
  Result<> handle_read(Completed got) override { return write(std::move(got.block)); }
  Result<> handle_write(Completed) override { return read(); }
};

class Readiness final : public Svc_Handler {
  Result<> handle_data(Bytes data) override { return put(data); }
};

void serve(Reactor& reactor, Acceptor_Base& acceptor, std::uint16_t port) {
  const auto at = os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, port);
  bench::require(acceptor.open({&at, 1}).has_value(), "listen");
  bench::announce(acceptor.addresses().front().port());
  bench::require(reactor.run().has_value(), "run");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view engine = argc > 1 ? argv[1] : "";
  if (engine != "io_uring" && engine != "emulated" && engine != "none") {
    std::fputs("operations_echo io_uring|emulated|none [--port N]\n", stderr);
    return EXIT_FAILURE;
  }
  bench::raise_descriptor_limit();
  const bool ring = engine == "io_uring";
  const std::unique_ptr<Reactor> reactor = *Reactor::open({.demultiplexer = ring ? "io_uring" : "epoll"});
  Service service{"echo", *reactor};
  if (engine == "none") {
    Acceptor<Readiness> acceptor{service};
    serve(*reactor, acceptor, bench::port_argument(argc, argv));
    return EXIT_SUCCESS;
  }
  const auto proactors = Proactors::open(
      service.serving(), {.engine = ring ? Proactor_Engine::io_uring : Proactor_Engine::emulated});
  bench::require(proactors.has_value(), "no such engine here");
  Asynch_Acceptor<Operations> acceptor{service, **proactors};
  serve(*reactor, acceptor, bench::port_argument(argc, argv));
  return EXIT_SUCCESS;
}
