// SPDX-License-Identifier: Apache-2.0
// A peer that says nothing, on virtual time.
#include <array>
#include <cstdio>
#include <memory>

#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>
#include <strata/wrappers/SOCK_Connector.h>

using namespace strata;
using namespace std::chrono_literals;

namespace {

/// Reminds a peer that says nothing, and hangs up on one that goes on saying nothing.
class Host final : public Svc_Handler {
 public:
  explicit Host(Service&) {}

 private:
  Result<> open() override {
    reminder_ = schedule(20s, [this] { (void)put("still there?\n"); });
    return {};
  }
  Result<> handle_data(Bytes data) override { return put(data); }

  Timer reminder_;
};

}  // namespace

int main() {
  sim::Simulator world{1};  // its seed
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  Service service{"host", *reactor, {.idle_timeout = 30s}};
  Acceptor<Host> acceptor{service};
  const std::array address{os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, 7007)};
  if (!acceptor.open(address)) return 1;

  SOCK_Stream peer = *SOCK_Connector::start(address[0]);
  const Time_Point begin = world.now();
  world.after(20s, [&] { std::puts("20 s have gone by"); });
  std::array<std::byte, 64> room;
  while (service.metrics().closed.value() == 0) {
    if (!reactor->run_one()) return 1;
    const auto got = peer.receive(room);
    if (got && *got != 0) std::printf("the peer hears: %.*s", static_cast<int>(*got), as_text(room).data());
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(world.now() - begin);
  std::printf("it was closed after %d s\n", static_cast<int>(seconds.count()));
}
