// SPDX-License-Identifier: Apache-2.0
// A token that ends two operations of one handler.
#include <chrono>
#include <cstdio>
#include <memory>
#include <stop_token>
#include <utility>

#include <strata/os/Socket.h>
#include <strata/proactor/Proactor.h>
#include <strata/proactor/Service_Handler.h>
#include <strata/proactor/Stop_Token.h>
#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>

using namespace strata;
using namespace std::chrono_literals;

namespace {

class Waiter final : public Service_Handler {
 public:
  explicit Waiter(std::stop_source& stop) : stop_(stop) {}

 private:
  Result<> open() override {
    (void)read(100, {.stop = stop_.get_token()});
    return wait(1h, {.stop = stop_.get_token()});
  }
  Result<> handle_failure(Completed failed) override {
    std::printf("%s: %s\n", failed.kind == Operation_Kind::timer ? "timer" : "read", failed.error.message().c_str());
    return {};
  }

  std::stop_source& stop_;
};

}  // namespace

int main() {
  sim::Simulator world{1};
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  const std::unique_ptr<Proactor> proactor = *Proactor::open(*reactor);
  os::Handle_Pair pair = *os::socket_pair();
  std::stop_source stop;
  (void)proactor->adopt(std::make_unique<Waiter>(stop), std::move(pair.first));

  world.after(20ms, [&stop] { (void)stop.request_stop(); });
  (void)reactor->run_for(50ms);
  reactor->end(errc::stopping);
}
