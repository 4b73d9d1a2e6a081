// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <utility>

#include <strata/reactor/Reactor.h>
#include <strata/sim/Simulator.h>

#include "Printer.h"

using namespace strata;

int main() {
  const sim::Simulator world{1};
  const std::unique_ptr<Reactor> reactor = *Reactor::open();
  os::Handle_Pair one = *os::socket_pair(), two = *os::socket_pair();

  const Handler_Ref given =
      *reactor->adopt(std::make_unique<Printer>("given", std::move(one.first)), Event_Mask::input);
  Printer lent{"lent", std::move(two.first)};
  {
    const Registration registration = *reactor->watch(lent, Event_Mask::input);
    (void)os::send(one.second.get(), as_bytes("hello"));
    (void)reactor->poll();
    (void)os::send(two.second.get(), as_bytes("hello"));
    (void)reactor->poll();
  }  // lent is deregistered: no handle_close, no upcall any more
  (void)os::send(two.second.get(), as_bytes("still there?"));
  one.second.reset();  // the peer of given leaves
  (void)reactor->poll();

  const Result<> late = reactor->suspend(given);
  std::printf("suspending given: %s\n", late.error().message().c_str());
}
