// SPDX-License-Identifier: Apache-2.0
// Timers that real threads of a pool set, cancel and reset (contract points 8 and 10, fault 17).
#include <strata/reactor/Reactor.h>

#include <atomic>
#include <latch>
#include <optional>
#include <thread>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Descriptor_Guard.h>

#include "Pool_Rig.h"

namespace {

using namespace strata_test;

class Pool_Timer_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Pool_Timer_Test);
  CPPUNIT_TEST(one_that_is_set_while_another_thread_waits_without_end_fires);
  CPPUNIT_TEST(so_does_one_that_is_reset);
  CPPUNIT_TEST(so_does_a_periodic_one_again);
  CPPUNIT_TEST(so_does_a_node_that_is_filed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { guard_.emplace(); }
  void tearDown() override { guard_->check(); }

  void one_that_is_set_while_another_thread_waits_without_end_fires() {
    while_another_waits([](Pool& pool, std::latch& fired, strata::Timer& timer) {
      timer = pool.reactor->schedule(pool.places[0].ref, 1ms, [&fired] { fired.count_down(); });
    });
  }

  void so_does_one_that_is_reset() {
    while_another_waits([](Pool& pool, std::latch& fired, strata::Timer& timer) {
      timer = pool.reactor->schedule(pool.places[0].ref, 1h, [&fired] { fired.count_down(); });
      CPPUNIT_ASSERT(timer.reset(1ms));
    });
  }

  /// Its thread is late: the next lead begins before the upcall sets it anew.
  void so_does_a_periodic_one_again() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      const Watched_Waits waits;
      Pool pool{dispatch, 2, 1, mechanism};
      std::latch fired{3};
      strata::Timer timer;
      pool.places[0].guest->on_input = [&] {
        const std::uint64_t before = Watched_Waits::so_far();
        timer = pool.reactor->schedule(pool.places[0].ref, 1ms, [&] {
          if (!fired.try_wait()) fired.count_down();
        }, 1ms);
        // As a rule after it was due: it is mail of this handler, and filed no more.
        CPPUNIT_ASSERT(Watched_Waits::one_begins(before));
      };
      pool.start();
      pool.say(0);
      const bool in_time = comes(fired);
      pool.stop();
      timer.cancel();
      CPPUNIT_ASSERT(in_time);
    });
  }

  void so_does_a_node_that_is_filed() {
    static std::latch* told;
    struct Node : strata::Timer_Node {};
    while_another_waits([node = Node{}](Pool& pool, std::latch& fired, strata::Timer&) mutable {
      told = &fired;
      constexpr unsigned kind = 7;
      pool.reactor->timers().set_expiry(kind, [](void*, strata::Timer_Node&) noexcept { told->count_down(); }, nullptr);
      CPPUNIT_ASSERT(pool.reactor->file(node, strata::tick_ceil(strata::Clock::now() + 1ms), kind).has_value());
    });
  }

 private:
  /// `set` runs in an upcall while another thread waits, with no timer that would end that.
  template <class Set>
  void while_another_waits(Set set) {
    on_each_pool([&](Dispatch dispatch, std::string_view mechanism) {
      const Watched_Waits waits;
      Pool pool{dispatch, 2, 1, mechanism};
      std::latch fired{1};
      strata::Timer timer;
      std::atomic<std::uint64_t> before = 0;
      pool.places[0].guest->on_input = [&] {
        CPPUNIT_ASSERT(Watched_Waits::one_begins(before));
        set(pool, fired, timer);
      };
      pool.start();
      CPPUNIT_ASSERT(Watched_Waits::one_begins(0));
      before = Watched_Waits::so_far();
      pool.say(0);
      const bool in_time = comes(fired);
      pool.stop();
      timer.cancel();
      CPPUNIT_ASSERT(in_time);
    });
  }

  std::optional<Descriptor_Guard> guard_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Pool_Timer_Test);

}  // namespace
