// SPDX-License-Identifier: Apache-2.0
// Faults 15 and 18: hooks that throw, a wake-up channel that is full. (4 is this suite under Interruptions.)
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include <cstdint>
#include <span>
#include <stdexcept>

#include <strata/os/Operations.h>
#include <strata_test/Scale.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using os::Operations;
using os::Raw;
using Rig = Reactor_Rig;

/// The counter of the reactor's waker, which only its opening tells.
struct Watched_Event {
  static inline os::Handle handle;
  static Operations table() {
    Operations table = os::operations();
    table.event_open = [] {
      const Raw opened = os::native_operations().event_open();
      handle = os::Handle{static_cast<std::int32_t>(opened)};
      return opened;
    };
    return table;
  }
  static void fill() {
    const std::uint64_t largest = ~std::uint64_t{0} - 1;  // eventfd(2)
    const auto bytes = std::as_bytes(std::span{&largest, 1});
    (void)os::native_operations().write(handle, bytes.data(), bytes.size());
  }
};

class Reactor_Fault_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Fault_Test);
  CPPUNIT_TEST(hooks_that_throw_cost_their_handler_alone);
  CPPUNIT_TEST(posts_and_timers_that_throw_cost_nothing);
  CPPUNIT_TEST(a_full_wake_up_channel_loses_no_post);
  CPPUNIT_TEST_SUITE_END();

 public:
  void hooks_that_throw_cost_their_handler_alone() {
    on_each_model([](Rig& rig) {
      auto calm = rig.adopt("calm");
      const std::uint64_t throws = count(1'000'000);
      for (std::uint64_t i = 0; i < throws; ++i) {
        auto bad = rig.adopt("");
        bad.probe->on_input = []() -> strata::Result<> { throw std::runtime_error{"bad"}; };
        rig.send(bad);
        rig.turn();
        rig.peers.pop_back();
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.reactor->size());
      }
      CPPUNIT_ASSERT_EQUAL(throws, rig.reactor->metrics().exceptions.value());
      rig.diary.clear();
      rig.send(calm);
      rig.turn();
      rig.expect_diary("calmi");
    });
  }

  void posts_and_timers_that_throw_cost_nothing() {
    on_each_backend([](Rig& rig) {
      const std::uint64_t throws = count(1'000'000);
      for (std::uint64_t i = 0; i < throws; ++i) {
        Rig::expect_ok(rig.reactor->post([] { throw 1; }));
        const strata::Timer timer = rig.reactor->schedule(1ms, [] { throw std::runtime_error{"bad"}; });
        rig.backend.advance(2ms);
        rig.turn();
      }
      CPPUNIT_ASSERT_EQUAL(2 * throws, rig.reactor->metrics().exceptions.value());
    });
  }

  /// Where the mechanism is level-triggered a counter that is full stays readable, and is read.
  void a_full_wake_up_channel_loses_no_post() {
    for (const char* name : {"poll", "select"}) {
      Backend backend{name};
      const Operations table = Watched_Event::table();
      const os::Operations_Scope scope{table};
      Rig rig{backend};
      for (int i = 0; i < 3; ++i) {
        Watched_Event::fill();
        Rig::expect_ok(rig.reactor->post([&] { rig.diary += "post "; }));
        Rig::expect_ok(rig.reactor->run_one());
        rig.expect_diary("post");
        Rig::expect_ok(rig.reactor->poll());
      }
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Fault_Test);
