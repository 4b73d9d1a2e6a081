// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include <strata/reactor/Reactor.h>
#include <strata/reactor/Signal_Handler.h>
#include <strata/sim/Simulator.h>

using namespace strata;
using namespace std::chrono_literals;

class Ending final : public Signal_Handler {
 public:
  Ending(os::Signal_Source source, Reactor& reactor) : Signal_Handler(std::move(source)), reactor_(reactor) {}

 private:
  Result<> handle_signal(os::Signal signal) override {
    std::puts(signal == os::Signal::terminate ? "TERM: the loop ends" : "HUP: files are opened anew");
    if (signal == os::Signal::terminate) reactor_.stop();
    return {};
  }
  Reactor& reactor_;
};

int main() {
  sim::Simulator world{1};
  os::Signal_Source source = *os::Signal_Source::open({os::Signal::terminate, os::Signal::hangup});
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  (void)reactor->adopt(std::make_unique<Ending>(std::move(source), *reactor), Event_Mask::input);

  world.after(1s, [&] { world.raise(os::Signal::hangup); });
  world.after(2s, [&] { world.raise(os::Signal::terminate); });
  (void)reactor->run();
}
