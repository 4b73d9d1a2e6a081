// SPDX-License-Identifier: Apache-2.0
// Contract points 2, 3 and 5: closing, references, descriptors that come again (faults 13, 14, 16).
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using strata::errc;
using Rig = Reactor_Rig;

class Reactor_Close_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Close_Test);
  CPPUNIT_TEST(a_handler_closes_itself_and_hears_no_more);
  CPPUNIT_TEST(a_handler_closes_another_whose_event_is_already_fetched);
  CPPUNIT_TEST(closing_twice_is_one_close);
  CPPUNIT_TEST(a_stale_reference_is_refused_everywhere);
  CPPUNIT_TEST(a_number_used_again_in_one_batch_is_not_mistaken);
  CPPUNIT_TEST(handle_close_may_register_the_same_descriptor);
  CPPUNIT_TEST(handle_close_may_close_another);
  CPPUNIT_TEST(handle_close_may_post);
  CPPUNIT_TEST(a_destroyed_registration_says_nothing);
  CPPUNIT_TEST(a_registration_destroyed_after_the_close_is_asked_says_nothing);
  CPPUNIT_TEST(a_watched_handler_is_closed_and_not_freed);
  CPPUNIT_TEST(a_duplicate_elsewhere_raises_no_event);
  CPPUNIT_TEST(a_slot_used_again_has_a_new_generation);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_handler_closes_itself_and_hears_no_more() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a", Event_Mask::both);
      a.probe->on_input = [&] { return rig.reactor->close(a.ref, errc::canceled); };
      rig.send(a);
      rig.turns(2);
      rig.expect_diary("ai ac a~");
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.reactor->size());
    });
  }

  void a_handler_closes_another_whose_event_is_already_fetched() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b");
      a.probe->on_input = [&] { return rig.reactor->close(b.ref, errc::canceled); };
      b.probe->on_input = [&] { return rig.reactor->close(a.ref, errc::canceled); };
      rig.send(a);
      rig.send(b);
      rig.turn();
      CPPUNIT_ASSERT(rig.diary == "ai bc b~ " || rig.diary == "bi ac a~ ");
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.reactor->metrics().stale.value());
    });
  }

  void closing_twice_is_one_close() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_ok(rig.reactor->close(a.ref, errc::canceled));
      Rig::expect_error(condition(std::errc::identifier_removed), rig.reactor->close(a.ref, errc::shed));
      rig.turns(2);
      rig.expect_diary("ac a~");
    });
  }

  void a_stale_reference_is_refused_everywhere() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_ok(rig.reactor->close(a.ref, errc::canceled));
      const auto stale = condition(std::errc::identifier_removed);
      Rig::expect_error(stale, rig.reactor->set_interest(a.ref, Event_Mask::both));
      Rig::expect_error(stale, rig.reactor->suspend(a.ref));
      Rig::expect_error(stale, rig.reactor->resume(a.ref));
      Rig::expect_error(stale, rig.reactor->flush_later(a.ref));
      CPPUNIT_ASSERT(rig.reactor->find(a.ref) == nullptr);
      CPPUNIT_ASSERT(!rig.reactor->schedule(a.ref, 1ms).active());
    });
  }

  void a_number_used_again_in_one_batch_is_not_mistaken() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b");
      const auto replace = [&rig](Rig::Guest& other) {
        return [&rig, &other]() -> strata::Result<> {
          Rig::expect_ok(rig.reactor->close(other.ref, errc::canceled));
          rig.adopt("new");
          return {};
        };
      };
      a.probe->on_input = replace(b);
      b.probe->on_input = replace(a);
      rig.send(a);
      rig.send(b);
      rig.turn();
      CPPUNIT_ASSERT(rig.diary == "ai bc b~ " || rig.diary == "bi ac a~ ");
    });
  }

  void handle_close_may_register_the_same_descriptor() {
    on_each_model([](Rig& rig) {
      auto probe = rig.make("a");
      Probe& a = *probe;
      strata::Registration again;
      a.on_close = [&] {
        auto watched = rig.reactor->watch(a, Event_Mask::input);
        if (watched) again = std::move(*watched);
      };
      auto first = rig.reactor->watch(a, Event_Mask::input);
      Rig::expect_ok(rig.reactor->close(first->ref(), errc::canceled));
      rig.turn();
      rig.expect_diary("ac");
      CPPUNIT_ASSERT(rig.reactor->find(again.ref()) == &a);
      rig.send({&a, again.ref(), 0});
      rig.turn();
      rig.expect_diary("ai");
    });
  }

  void handle_close_may_close_another() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b");
      a.probe->on_close = [&] { (void)rig.reactor->close(b.ref, errc::shed); };
      Rig::expect_ok(rig.reactor->close(a.ref, errc::canceled));
      rig.turns(2);
      rig.expect_diary("ac a~ bc b~");
    });
  }

  void handle_close_may_post() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      a.probe->on_close = [&] { (void)rig.reactor->post([&] { rig.diary += "post "; }); };
      Rig::expect_ok(rig.reactor->close(a.ref, errc::canceled));
      rig.turns(2);
      rig.expect_diary("ac a~ post");
    });
  }

  void a_destroyed_registration_says_nothing() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      auto registered = rig.reactor->watch(*a, Event_Mask::input);
      rig.send({a.get(), registered->ref(), 0});
      registered->reset();
      rig.turn();
      rig.expect_diary("");
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.reactor->size());
    });
  }

  void a_registration_destroyed_after_the_close_is_asked_says_nothing() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      auto registered = rig.reactor->watch(*a, Event_Mask::input);
      Rig::expect_ok(rig.reactor->close(registered->ref(), errc::canceled));
      registered->reset();
      a.reset();
      rig.turn();
      rig.expect_diary("a~");
    });
  }

  void a_watched_handler_is_closed_and_not_freed() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      const auto registered = rig.reactor->watch(*a, Event_Mask::input);
      rig.peers[0].reset();
      rig.turns(2);
      rig.expect_diary("ai ac");
    });
  }

  void a_duplicate_elsewhere_raises_no_event() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      const os::Raw copy = os::operations().duplicate(a.probe->handle());
      if (rig.backend.is("sim") && copy < 0) return;
      const os::Unique_Handle duplicate{os::Handle{static_cast<std::int32_t>(copy)}};
      Rig::expect_ok(rig.reactor->close(a.ref, errc::canceled));
      rig.send(a);
      rig.turns(3);
      rig.expect_diary("ac a~");
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, rig.reactor->metrics().stale.value());
    });
  }

  void a_slot_used_again_has_a_new_generation() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_ok(rig.reactor->close(a.ref, errc::canceled));
      rig.turn();
      auto b = rig.adopt("b");
      CPPUNIT_ASSERT(a.ref != b.ref);
      CPPUNIT_ASSERT(rig.reactor->find(a.ref) == nullptr);
      CPPUNIT_ASSERT(rig.reactor->find(b.ref) == b.probe);
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Close_Test);
