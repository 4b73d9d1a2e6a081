// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <memory>

#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>

using namespace strata;
using namespace std::chrono_literals;

int main() {
  sim::Simulator world{1};
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  const auto say = [&world, start = world.now()](const char* what) {
    std::printf("%3lld ms: %s\n", static_cast<long long>((world.now() - start) / 1ms), what);
  };

  const Timer once = reactor->schedule(1500us, [&] { say("1.5 ms have passed"); });
  Timer deadline = reactor->schedule(25ms, [&] { say("nothing for 25 ms"); });
  int beats = 0;
  const Timer beat = reactor->schedule(10ms, [&] {
    say("a beat");
    if (++beats <= 2) deadline.reset(25ms);
    if (beats == 2) world.advance(25ms);  // an upcall that takes long
  }, 10ms);
  {
    const Timer forgotten = reactor->schedule(5ms, [&] { say("never printed"); });
  }
  (void)reactor->run_for(60ms);
}
