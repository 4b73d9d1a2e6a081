// SPDX-License-Identifier: Apache-2.0
// Handlers of the reactor's own strand (Strand_Of::reactor) in every model: where they are at home, and that they stay
// in it whoever had their slot before.
#include <strata/reactor/Reactor.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Reactor_Rig;

constexpr strata::Adopt_Options of_the_strand{.strand = strata::Strand_Of::reactor};

class Pool_Strand_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Pool_Strand_Test);
  CPPUNIT_TEST(one_that_takes_the_slot_of_a_queued_handler_stays_in_the_strand);
  CPPUNIT_TEST(one_is_at_home_in_the_strand);
  CPPUNIT_TEST_SUITE_END();

 public:
  /// `first` closes two while both still wait in the queue. As the second of them ends, the first's slot is free, and
  /// its number still in the queue.
  void one_that_takes_the_slot_of_a_queued_handler_stays_in_the_strand() {
    on_each_backend([](Rig& rig) {
      auto first = rig.adopt("a");
      auto queued = rig.adopt("b");
      auto other = rig.adopt("c");
      Handler_Ref heir;
      bool in_strand = false;
      first.probe->on_input = [&]() -> strata::Result<> {
        Rig::expect_ok(rig.reactor->close(queued.ref, strata::errc::canceled));
        return rig.reactor->close(other.ref, strata::errc::canceled);
      };
      other.probe->on_close = [&] {
        auto made = rig.adopt("d", Event_Mask::none, of_the_strand);
        heir = made.ref;
        made.probe->on_output = [&]() -> strata::Result<> {
          in_strand = rig.reactor->on_strand();
          return {};
        };
        Rig::expect_ok(rig.reactor->flush_later(made.ref));
      };
      rig.send(first);
      rig.send(queued);
      rig.turns(3);
      const auto slot = [](Handler_Ref ref) { return static_cast<std::uint32_t>(ref.token()); };
      if (rig.reactor->pooled()) CPPUNIT_ASSERT_EQUAL(slot(queued.ref), slot(heir));
      CPPUNIT_ASSERT(rig.diary.contains("do "));
      CPPUNIT_ASSERT(in_strand);
    });
  }

  void one_is_at_home_in_the_strand() {
    on_each_backend([](Rig& rig) {
      auto member = rig.adopt("a", Event_Mask::input, of_the_strand);
      auto stranger = rig.adopt("b");
      int homes = 0;
      const auto look = [&] { homes += rig.reactor->at_home(member.ref) ? 1 : 0; };
      member.probe->on_input = [&] { return look(), member.probe->read(); };
      Rig::expect_ok(rig.reactor->post(look));
      rig.send(member);
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(2, homes);
      stranger.probe->on_input = [&] { return look(), stranger.probe->read(); };
      rig.send(stranger);
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(rig.reactor->pooled() ? 2 : 3, homes);
    });
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Pool_Strand_Test);
