// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>

#include "Printer.h"

using namespace strata;
using namespace std::chrono_literals;

int main() {
  const sim::Simulator world{1};
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  os::Handle_Pair pair = *os::socket_pair();
  const Handler_Ref ref = *reactor->adopt(std::make_unique<Printer>("peer", std::move(pair.first)), Event_Mask::input);

  (void)reactor->suspend(ref, Suspension::user);
  (void)reactor->suspend(ref, Suspension::rate);
  (void)os::send(pair.second.get(), as_bytes("hello"));
  pair.second.reset();
  (void)reactor->run_for(1s);
  std::puts("suspended for two reasons: nothing");

  (void)reactor->resume(ref, Suspension::user);
  (void)reactor->run_for(1s);
  std::puts("for one: nothing");

  (void)reactor->resume(ref, Suspension::rate);
  (void)reactor->run_for(1s);
}
