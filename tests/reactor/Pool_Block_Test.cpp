// SPDX-License-Identifier: Apache-2.0
// Pools whose upcalls block, or never end asking for more: as long as one thread is left, everyone is served.
#include <strata/reactor/Reactor.h>

#include <atomic>
#include <latch>
#include <memory>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Pool_Rig.h"

namespace {

using namespace strata_test;

class Pool_Block_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Pool_Block_Test);
  CPPUNIT_TEST(all_but_one_may_block_one_after_another);
  CPPUNIT_TEST(all_but_one_may_block_at_once);
  CPPUNIT_TEST(a_single_turn_may_find_one_that_blocks);
  CPPUNIT_TEST(posts_without_end_hold_up_no_timer);
  CPPUNIT_TEST_SUITE_END();

  static constexpr unsigned threads = 4;

  /// `threads` - 1 that block, and one that counts.
  struct Blocked {
    Blocked(Dispatch dispatch, std::string_view mechanism) : pool(dispatch, threads, threads, mechanism) {
      for (unsigned i = 0; i + 1 < threads; ++i) {
        pool.places[i].guest->on_input = [this] {
          ++inside;
          let_go.wait();
        };
      }
      pool.places.back().guest->on_input = [this] { served.count_down(); };
    }
    Pool pool;
    std::atomic<unsigned> inside{0};
    std::latch let_go{1}, served{1};
  };

 public:
  void all_but_one_may_block_one_after_another() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Blocked those{dispatch, mechanism};
      those.pool.start();
      bool in_time = true;
      for (unsigned i = 0; i + 1 < threads && in_time; ++i) {
        those.pool.say(i);
        in_time = comes([&] { return those.inside == i + 1; });
      }
      those.pool.say(threads - 1);
      in_time = in_time && comes(those.served);
      those.let_go.count_down();
      those.pool.stop();
      CPPUNIT_ASSERT(in_time);
    });
  }

  void all_but_one_may_block_at_once() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Blocked those{dispatch, mechanism};
      for (unsigned i = 0; i < threads; ++i) those.pool.say(i);  // one batch has them all
      those.pool.start();
      const bool in_time = comes(those.served) && comes([&] { return those.inside == threads - 1; });
      those.let_go.count_down();
      those.pool.stop();
      CPPUNIT_ASSERT(in_time);
    });
  }

  void a_single_turn_may_find_one_that_blocks() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, threads, 2, mechanism};
      std::latch second{1};
      pool.places[0].guest->on_input = [&] { CPPUNIT_ASSERT(comes(second)); };
      pool.places[1].guest->on_input = [&] { second.count_down(); };
      pool.say(0), pool.say(1);
      CPPUNIT_ASSERT(pool.reactor->poll().has_value());
      CPPUNIT_ASSERT(second.try_wait());
    });
  }

  void posts_without_end_hold_up_no_timer() {
    on_each_pool([](Dispatch dispatch, std::string_view mechanism) {
      Pool pool{dispatch, 2, 2, mechanism};
      std::atomic<bool> enough{false};
      struct Again {
        Pool& pool;
        std::size_t place;
        std::atomic<bool>& enough;
        void operator()() const {
          if (!enough) CPPUNIT_ASSERT(pool.reactor->post(pool.places[place].ref, Again{*this}).has_value());
        }
      };
      std::latch fired{1};
      strata::Timer timer = pool.reactor->schedule(5ms, [&] { fired.count_down(); });
      for (std::size_t i = 0; i < 2; ++i) {
        CPPUNIT_ASSERT(pool.reactor->post(pool.places[i].ref, Again{pool, i, enough}).has_value());
      }
      pool.start();
      const bool in_time = comes(fired);
      enough = true;
      pool.stop();
      timer.cancel();
      CPPUNIT_ASSERT(in_time);
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Pool_Block_Test);

}  // namespace
