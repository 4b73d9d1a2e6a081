// SPDX-License-Identifier: Apache-2.0
// Faults 4, 15 and 18: interrupted calls, hooks that throw, a wake-up channel that is full.
#include <strata/reactor/Reactor.h>

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

/// EINTR at every second call of an entry, whatever stands below.
template <auto Entry, class Function>
struct Interrupted;
template <auto Entry, class... Parameters>
struct Interrupted<Entry, Raw (*)(Parameters...)> {
  static inline Raw (*below)(Parameters...) = nullptr;
  static inline std::uint64_t calls = 0;
  static Raw call(Parameters... parameters) {
    return ++calls % 2 == 1 ? -static_cast<Raw>(std::errc::interrupted) : below(parameters...);
  }
};

/// Interrupts all that the reactor calls, over the table in force.
class Interrupting {
 public:
  Interrupting() : table_(interrupting()), scope_(table_) {}
  std::uint64_t waits() const {
    return calls<&Operations::epoll_wait> + calls<&Operations::poll> + calls<&Operations::select>;
  }

 private:
  template <class Function>
  static Function entry_type(Function Operations::*);
  template <auto Entry>
  using State = Interrupted<Entry, decltype(entry_type(Entry))>;
  template <auto Entry>
  static inline std::uint64_t& calls = State<Entry>::calls;

  template <auto... Entries>
  static Operations interrupting() {
    Operations table = os::operations();
    ((State<Entries>::below = table.*Entries, State<Entries>::calls = 0, table.*Entries = State<Entries>::call), ...);
    return table;
  }
  static Operations interrupting() {
    return interrupting<&Operations::epoll_open, &Operations::epoll_control, &Operations::epoll_wait, &Operations::poll,
                        &Operations::select, &Operations::event_open, &Operations::read, &Operations::write,
                        &Operations::receive, &Operations::send, &Operations::get_option, &Operations::socket_pair,
                        &Operations::is_regular_file, &Operations::signal_open, &Operations::signal_read>();
  }

  Operations table_;
  os::Operations_Scope scope_;
};

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
  CPPUNIT_TEST(interrupted_everywhere_the_loop_does_all_its_work);
  CPPUNIT_TEST(hooks_that_throw_cost_their_handler_alone);
  CPPUNIT_TEST(posts_and_timers_that_throw_cost_nothing);
  CPPUNIT_TEST(a_full_wake_up_channel_loses_no_post);
  CPPUNIT_TEST_SUITE_END();

 public:
  void interrupted_everywhere_the_loop_does_all_its_work() {
    for (const char* name : {"epoll", "poll", "select"}) {
      Backend backend{name};
      const Interrupting interrupting;
      Rig rig{backend};
      auto a = rig.adopt("a");
      const strata::Timer timer = rig.reactor->schedule(a.ref, 3ms);
      Rig::expect_ok(rig.reactor->post([&] { rig.diary += "post "; }));
      rig.turns(2);
      rig.send(a);
      rig.turns(2);
      rig.run_for(10ms);
      Rig::expect_ok(rig.reactor->suspend(a.ref));
      Rig::expect_ok(rig.reactor->resume(a.ref));
      rig.hang_up(a);
      rig.turns(4);
      rig.expect_diary("post ai at ai ac a~");
      CPPUNIT_ASSERT(interrupting.waits() > 8);
    }
  }

  void hooks_that_throw_cost_their_handler_alone() {
    on_each_backend([](Rig& rig) {
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
      CPPUNIT_ASSERT_EQUAL(throws, rig.reactor->counts().exceptions);
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
      CPPUNIT_ASSERT_EQUAL(2 * throws, rig.reactor->counts().exceptions);
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
