// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Run_Context.h>

#include <algorithm>
#include <cstdint>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using strata::Run_Context;
using Rig = Reactor_Rig;

class Run_Context_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Run_Context_Test);
  CPPUNIT_TEST(it_lends_room_for_a_read_behind_what_was_left_unread);
  CPPUNIT_TEST(the_buffers_do_not_overlap);
  CPPUNIT_TEST(it_is_lent_inside_of_run_alone);
  CPPUNIT_TEST(all_handlers_of_a_thread_share_one);
  CPPUNIT_TEST(the_time_is_one_for_the_upcall_and_new_for_the_next);
  CPPUNIT_TEST(readiness_is_that_of_the_event_that_runs);
  CPPUNIT_TEST(a_first_hook_has_readiness_of_its_own_meanwhile);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_lends_room_for_a_read_behind_what_was_left_unread() {
    const auto context = Run_Context::make();
    CPPUNIT_ASSERT(Run_Context::read_size >= 64 * 1024);
    CPPUNIT_ASSERT_EQUAL(Run_Context::unread_size + Run_Context::read_size, context->lent().size());
    CPPUNIT_ASSERT_EQUAL(Run_Context::cork_size, context->cork().size());
    CPPUNIT_ASSERT(!context->now_known && context->corked == 0 && context->corked_by == nullptr);
  }

  void the_buffers_do_not_overlap() {
    const auto context = Run_Context::make();
    std::ranges::fill(context->lent(), std::byte{1});
    std::ranges::fill(context->cork(), std::byte{2});
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{0}, std::ranges::count(context->lent(), std::byte{2}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, reinterpret_cast<std::uintptr_t>(context->lent().data()) % 64);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, reinterpret_cast<std::uintptr_t>(context->cork().data()) % 64);
  }

  void it_is_lent_inside_of_run_alone() {
    on_each_model([](Rig& rig) {
      CPPUNIT_ASSERT(rig.reactor->context() == nullptr);
      bool lent = false;
      Rig::expect_ok(rig.reactor->post([&] { lent = rig.reactor->context() != nullptr; }));
      rig.turn();
      CPPUNIT_ASSERT(lent);
      CPPUNIT_ASSERT(rig.reactor->context() == nullptr);
    });
  }

  void all_handlers_of_a_thread_share_one() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b");
      std::vector<Run_Context*> seen;
      for (const Rig::Guest* guest : {&a, &b}) {
        Probe* probe = guest->probe;
        probe->on_input = [&rig, &seen, probe] { return seen.push_back(rig.reactor->context()), probe->read(); };
        rig.send(*guest);
      }
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, seen.size());
      CPPUNIT_ASSERT(seen[0] == seen[1] && seen[0] != nullptr);
    });
  }

  void the_time_is_one_for_the_upcall_and_new_for_the_next() {
    on_each_backend([](Rig& rig) {
      std::vector<strata::Time_Point> seen;
      for (int i = 0; i < 2; ++i) {
        Rig::expect_ok(rig.reactor->post([&] {
          seen.push_back(rig.reactor->now());
          rig.backend.advance(5ms);
          seen.push_back(rig.reactor->now());
        }));
      }
      rig.turn();
      CPPUNIT_ASSERT(seen[0] == seen[1] && seen[2] == seen[3]);
      CPPUNIT_ASSERT(seen[2] - seen[0] >= 5ms);
    });
  }

  void readiness_is_that_of_the_event_that_runs() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a", Event_Mask::both);
      CPPUNIT_ASSERT_EQUAL(0, +rig.reactor->ready());
      std::uint8_t seen = 0;
      a.probe->on_input = [&] { return seen = rig.reactor->ready(), a.probe->read(); };
      rig.send(a);
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(os::Ready::input | os::Ready::output, +seen);
    });
  }

  void a_first_hook_has_readiness_of_its_own_meanwhile() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b", Event_Mask::input, {.held = true});
      std::uint8_t inside = 0, after = 0;
      b.probe->on_output = [&]() -> strata::Result<> { return inside = rig.reactor->ready(), strata::Result<>{}; };
      a.probe->on_input = [&] {
        const auto hook = [](strata::Event_Handler& handler, void*) { return handler.handle_output(); };
        Rig::expect_ok(rig.reactor->begin(b.ref, hook, nullptr, os::Ready::output));
        after = rig.reactor->ready();
        return a.probe->read();
      };
      rig.send(a);
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(+os::Ready::output, +inside);
      CPPUNIT_ASSERT_EQUAL(+os::Ready::input, +after);
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Run_Context_Test);
