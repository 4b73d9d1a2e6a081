// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "Proactor_Rig.h"

namespace strata_test {

using strata::Dispatch;
using strata::Proactor;
using strata::Proactor_Engine;
using strata::Reactor;

/// Runs `test(reactor, proactor)` where one thread or several run the upcalls, on both engines, with real time.
template <class Test>
void on_each_pool(Test test) {
  strata::Log_System::process().set_level("", strata::Log_Level::off);
  for (const Dispatch dispatch : {Dispatch::single, Dispatch::worker_pool, Dispatch::leader_followers}) {
    for (const Proactor_Engine engine : {Proactor_Engine::emulated, Proactor_Engine::io_uring}) {
      const bool ring = engine == Proactor_Engine::io_uring;
      if (ring && !io_uring_allowed()) continue;
      const Descriptor_Guard guard;
      {
        auto reactor = Reactor::open(
            {.demultiplexer = ring ? "io_uring" : "epoll", .dispatch = dispatch, .threads = 3, .name = "test"});
        CPPUNIT_ASSERT(reactor.has_value());
        auto proactor = Proactor::open(**reactor, {.engine = engine});
        CPPUNIT_ASSERT(proactor.has_value());
        test(**reactor, **proactor);
        (*reactor)->end(errc::stopping);
        proactor->reset();
      }
      guard.check();
    }
  }
}

}  // namespace strata_test
