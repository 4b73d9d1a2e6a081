// SPDX-License-Identifier: Apache-2.0
// The token of a borrowed handler: it moves, and takes back its own registration alone.
#include <strata/reactor/Reactor.h>

#include <optional>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using strata::errc;
using strata::Registration;
using Rig = Reactor_Rig;

Registration watch(Rig& rig, Probe& probe) {
  auto watched = rig.reactor->watch(probe, Event_Mask::input);
  CPPUNIT_ASSERT(watched.has_value());
  return std::move(*watched);
}

class Registration_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Registration_Test);
  CPPUNIT_TEST(an_empty_one_does_nothing);
  CPPUNIT_TEST(a_moved_one_deregisters_once);
  CPPUNIT_TEST(move_assignment_deregisters_what_it_held);
  CPPUNIT_TEST(move_assignment_to_itself_keeps_it);
  CPPUNIT_TEST(a_deregistered_handler_may_be_watched_again);
  CPPUNIT_TEST(it_may_be_destroyed_in_its_own_upcall);
  CPPUNIT_TEST(it_may_be_destroyed_in_its_own_close);
  CPPUNIT_TEST(it_may_be_destroyed_in_the_close_of_another);
  CPPUNIT_TEST(an_old_one_leaves_the_close_of_its_successor);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_empty_one_does_nothing() {
    Registration none;
    none.reset();
    CPPUNIT_ASSERT(!none.ref());
  }

  void a_moved_one_deregisters_once() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      {
        Registration first = watch(rig, *a);
        const Handler_Ref ref = first.ref();
        const Registration second = std::move(first);
        CPPUNIT_ASSERT(!first.ref() && second.ref() == ref);  // NOLINT: moved from is empty
        first.reset();
        CPPUNIT_ASSERT(rig.reactor->find(ref) == a.get());
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.reactor->size());
      rig.turn();
      rig.expect_diary("");
    });
  }

  void move_assignment_deregisters_what_it_held() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a"), b = rig.make("b");
      Registration token = watch(rig, *a);
      const Handler_Ref old = token.ref();
      token = watch(rig, *b);
      CPPUNIT_ASSERT(rig.reactor->find(old) == nullptr);
      CPPUNIT_ASSERT(rig.reactor->find(token.ref()) == b.get());
    });
  }

  void move_assignment_to_itself_keeps_it() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      Registration token = watch(rig, *a);
      Registration& same = token;
      token = std::move(same);
      CPPUNIT_ASSERT(rig.reactor->find(token.ref()) == a.get());
    });
  }

  void a_deregistered_handler_may_be_watched_again() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      for (int i = 0; i < 3; ++i) {
        const Registration token = watch(rig, *a);
        rig.send({a.get(), token.ref(), 0});
        rig.turn();
      }
      rig.expect_diary("ai ai ai");
    });
  }

  void it_may_be_destroyed_in_its_own_upcall() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      Registration token = watch(rig, *a);
      a->on_input = [&] { return token.reset(), strata::fail(errc::canceled); };
      rig.send({a.get(), token.ref(), 0});
      rig.turns(2);
      rig.expect_diary("ai");
    });
  }

  void it_may_be_destroyed_in_its_own_close() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      Registration token = watch(rig, *a);
      a->on_close = [&] { token.reset(); };
      Rig::expect_ok(rig.reactor->close(token.ref(), errc::canceled));
      rig.turns(2);
      rig.expect_diary("ac");
    });
  }

  void it_may_be_destroyed_in_the_close_of_another() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a"), b = rig.make("b");
      const Registration first = watch(rig, *a);
      Registration second = watch(rig, *b);
      a->on_close = [&] { second.reset(), b.reset(); };
      Rig::expect_ok(rig.reactor->close(first.ref(), errc::canceled));
      Rig::expect_ok(rig.reactor->close(second.ref(), errc::canceled));
      rig.turns(2);
      rig.expect_diary("ac b~");
    });
  }

  void an_old_one_leaves_the_close_of_its_successor() {
    on_each_model([](Rig& rig) {
      auto a = rig.make("a");
      std::optional<Registration> first = watch(rig, *a);
      Rig::expect_ok(rig.reactor->close(first->ref(), errc::canceled));
      rig.turn();
      const Registration second = watch(rig, *a);
      Rig::expect_ok(rig.reactor->close(second.ref(), errc::shed));
      first.reset();
      rig.turn();
      rig.expect_diary("ac ac");
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Registration_Test);
