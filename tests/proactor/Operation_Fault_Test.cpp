// SPDX-License-Identifier: Apache-2.0
// Operations under the faults that both engines must survive (faults.md, rows 5 to 8, 11, 13, 15, 16, 20, 22, 24).
#include <strata/proactor/Operation.h>

#include <stdexcept>

#include <strata/os/Shared_Memory.h>
#include <strata_test/Child.h>
#include <strata_test/Scale.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;

Result<> read_on(Actor& a, Completed&) { return a.read(100); }

os::Unique_Handle stream_socket() { return *os::open_socket(os::Family::ipv4, os::Socket_Kind::stream); }

/// How often handle_close came; each is the last that its handler has written but for its end.
int closes(const Rig& rig) {
  int count = 0;
  for (std::size_t at = rig.diary.find("c~"); at != std::string::npos; at = rig.diary.find("c~", at + 1)) ++count;
  return count;
}

/// A port at which nobody listens, as long as it lives.
struct Deaf {
  Deaf() : socket(stream_socket()) {
    CPPUNIT_ASSERT(os::bind(socket.get(), any()).has_value());
    address = *os::local_address(socket.get());
  }
  os::Unique_Handle socket;
  os::Socket_Address address;
};

class Operation_Fault_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Operation_Fault_Test);
  CPPUNIT_TEST(fault_5_a_storm_of_resets_is_one_close_each);
  CPPUNIT_TEST(fault_6_a_stream_is_exact_however_it_is_split);
  CPPUNIT_TEST(fault_7_a_half_close_ends_reads_and_the_answer_goes_out);
  CPPUNIT_TEST(fault_8_a_write_to_who_takes_nothing_ends_at_its_deadline);
  CPPUNIT_TEST(fault_11_a_connect_completes_once_however_it_ends);
  CPPUNIT_TEST(fault_11_who_is_accepted_for_one_that_is_gone_is_closed);
  CPPUNIT_TEST(fault_13_a_number_that_is_used_again_brings_nothing_stale);
  CPPUNIT_TEST(fault_15_the_loop_outlives_hooks_that_throw);
  CPPUNIT_TEST(fault_16_a_hook_closes_others_and_runs_no_loop);
  CPPUNIT_TEST(fault_20_more_complete_at_once_than_a_queue_holds);
  CPPUNIT_TEST(fault_20_a_storm_of_cancels_completes_all);
  CPPUNIT_TEST(fault_22_a_child_of_a_fork_is_inert);
  CPPUNIT_TEST(fault_24_two_that_wait_for_each_other_end_at_their_deadlines);
  CPPUNIT_TEST_SUITE_END();

 public:
  void fault_5_a_storm_of_resets_is_one_close_each() {
    const std::string large(300'000, 'x');
    on_each_engine([&](Rig& rig) {
      for (std::uint64_t i = 0; i < count(100'000); ++i) {
        rig.diary.clear();
        rig.pair([&large](Actor& a, Completed&) {
          CPPUNIT_ASSERT(a.read(100).has_value());
          return a.write(block_of(large));
        });
        for (std::uint64_t turn = 0; turn < i % 4; ++turn) rig.turn();
        rig.peer.reset();
        rig.until([&] { return rig.diary.ends_with("~"); });
        CPPUNIT_ASSERT_EQUAL(1, closes(rig));
      }
      CPPUNIT_ASSERT_EQUAL(rig.proactor->started(), rig.proactor->completed());
    });
  }

  void fault_6_a_stream_is_exact_however_it_is_split() {
    on_each_engine([](Rig& rig) {
      for (std::size_t piece = 1; piece < 40'000; piece = piece * 2 + 7) {
        std::string wanted, got;
        Message_Block chain;
        for (std::size_t i = 0; i < 40; ++i) {
          const std::string part(1 + i * piece % 3'001, static_cast<char>('a' + i % 26));
          CPPUNIT_ASSERT(chain.cont(block_of(part)).has_value());
          wanted += part;
        }
        Actor& actor = rig.pair([&chain](Actor& a, Completed&) { return a.write(std::move(chain)); });
        std::vector<std::byte> room(piece);
        rig.until([&] {
          const auto came = os::receive(rig.peer.get(), room);
          if (came) got += strata::as_text(std::span{room}.first(*came));
          return got.size() == wanted.size();
        });
        CPPUNIT_ASSERT(got == wanted);
        rig.until([&] { return actor.outstanding() == 0; });
        actor.close();
        rig.turn();
      }
    });
  }

  void fault_7_a_half_close_ends_reads_and_the_answer_goes_out() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair(read_on, [](Actor& a, Completed& done) {
        return done.kind == strata::Operation_Kind::read ? a.read(100) : Result<>{};
      });
      actor.on_failure = [](Actor& a, Completed&) { return a.write(block_of("answer")); };
      rig.send("question");
      CPPUNIT_ASSERT(os::shutdown(rig.peer.get(), os::Shutdown::send).has_value());
      rig.expect_diary("rquestion!endw6");
      const auto upcalls = rig.reactor->upcalls();
      for (int i = 0; i < 100; ++i) rig.turn();
      CPPUNIT_ASSERT(rig.reactor->upcalls() - upcalls <= 2);  // nobody turns in a circle
      std::string got;
      rig.receive(got);
      CPPUNIT_ASSERT_EQUAL(std::string{"answer"}, got);
      actor.close();
      rig.until([&] { return rig.diary.ends_with("~"); });
      CPPUNIT_ASSERT(rig.receive(got));  // and then FIN
    });
  }

  void fault_8_a_write_to_who_takes_nothing_ends_at_its_deadline() {
    on_each_engine([](Rig& rig) {
      const std::string large(4'000'000, 'x');
      Actor& actor =
          rig.pair([&large](Actor& a, Completed&) { return a.write(block_of(large), {.deadline = 20ms}); });
      std::size_t left = 0;
      actor.on_failure = [&left](Actor&, Completed& failed) {
        left = failed.block.length();
        return Result<>{};
      };
      rig.run_until([&] { return rig.diary == "!late"; });
      CPPUNIT_ASSERT(left > 0 && left < large.size());
    });
  }

  void fault_11_a_connect_completes_once_however_it_ends() {
    on_each_engine([](Rig& rig) {
      const Deaf deaf;
      for (std::uint64_t i = 0; i < count(100'000); ++i) {
        rig.diary.clear();
        Operation begun;
        Actor& actor = rig.adopt(stream_socket(), [&](Actor& a, Completed&) {
          return a.connect(deaf.address, {.deadline = i % 3 == 0 ? strata::Duration{1s} : strata::Duration{},
                                          .started = &begun});
        });
        actor.on_failure = [](Actor&, Completed& failed) { return strata::fail(failed.error); };
        if (i % 2 == 0) actor.cancel(begun);  // before, while or after it is done
        if (i % 5 == 0) rig.turn();
        if (i % 5 == 0 && !rig.diary.contains('c')) actor.close();
        rig.until([&] { return rig.diary.ends_with("c~"); });
        CPPUNIT_ASSERT_EQUAL_MESSAGE(rig.diary, std::ptrdiff_t{1}, std::ranges::count(rig.diary, '!'));
      }
      CPPUNIT_ASSERT_EQUAL(rig.proactor->started(), rig.proactor->completed());
    });
  }

  /// Accepted before the engine has heard of the close: nobody is there to take it.
  void fault_11_who_is_accepted_for_one_that_is_gone_is_closed() {
    on_each_engine([](Rig& rig) {
      for (int i = 0; i < 20; ++i) {
        Deaf listening;
        CPPUNIT_ASSERT(os::listen(listening.socket.get(), 5).has_value());
        Actor& actor = rig.adopt(std::move(listening.socket), [](Actor& a, Completed&) { return a.accept(); });
        if (i % 2 == 0) rig.turn();
        const os::Unique_Handle client = stream_socket();
        (void)os::connect(client.get(), listening.address);
        CPPUNIT_ASSERT(rig.reactor->close(actor.ref(), {}).has_value());
        rig.until([&] {
          std::array<std::byte, 16> room;
          const auto got = os::receive(client.get(), room);
          return got || got.error() != std::errc::operation_would_block;
        });
      }
    });
  }

  void fault_13_a_number_that_is_used_again_brings_nothing_stale() {
    on_each_engine([](Rig& rig) {
      for (std::uint64_t i = 0; i < count(1'000'000); ++i) {
        rig.diary.clear();
        auto first = os::socket_pair(), second = os::socket_pair();
        std::string ours, theirs;
        os::Unique_Handle far;
        auto old = std::make_unique<Actor>(theirs, nullptr);
        old->on_open = read_on;
        const auto old_ref = rig.proactor->adopt(std::move(old), std::move(second->first));
        Actor& closer = rig.adopt(std::move(first->first), read_on, [&](Actor&, Completed&) {
          (void)rig.reactor->close(*old_ref, errc::shed);
          auto anew = os::socket_pair();  // may get the numbers that the close has freed
          far = std::move(anew->second);
          auto actor = std::make_unique<Actor>(ours, read_on);
          actor->on_open = read_on;
          return rig.proactor->adopt(std::move(actor), std::move(anew->first)).has_value() ? Result<>{}
                                                                                         : strata::fail(errc::shed);
        });
        for (const auto& each : {&first->second, &second->second}) {
          CPPUNIT_ASSERT(os::send(each->get(), strata::as_bytes(std::string_view{"stale"})).has_value());
        }
        rig.until([&] { return far.get().valid(); });
        CPPUNIT_ASSERT(os::send(far.get(), strata::as_bytes(std::string_view{"new"})).has_value());
        rig.until([&] { return !ours.empty(); });
        CPPUNIT_ASSERT_EQUAL(std::string{"rnew"}, ours);
        far.reset();
        closer.close();
        rig.until([&] { return rig.reactor->size() == 0; });
      }
    });
  }

  void fault_15_the_loop_outlives_hooks_that_throw() {
    on_each_engine([](Rig& rig) {
      for (std::uint64_t i = 0; i < count(1'000'000); ++i) {
        rig.diary.clear();
        rig.pair(read_on, [](Actor&, Completed&) -> Result<> { throw std::runtime_error{"a hook"}; });
        rig.send("x");
        rig.until([&] { return rig.diary.ends_with("c~"); });
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.reactor->size());
    });
  }

  void fault_16_a_hook_closes_others_and_runs_no_loop() {
    on_each_engine([](Rig& rig) {
      auto other = os::socket_pair();
      Actor& closed = rig.adopt(std::move(other->first), read_on);
      rig.pair(read_on, [&](Actor& a, Completed&) {
        const auto nested = rig.reactor->run_one();
        CPPUNIT_ASSERT(!nested && nested.error() == std::errc::resource_deadlock_would_occur);
        closed.close(errc::shed);
        a.close();
        CPPUNIT_ASSERT(!a.read(1).has_value());
        return Result<>{};
      });
      rig.send("x");
      rig.until([&] { return rig.reactor->size() == 0; });
      CPPUNIT_ASSERT_EQUAL_MESSAGE(rig.diary, 2, closes(rig));
    });
  }

  void fault_20_more_complete_at_once_than_a_queue_holds() {
    on_each_engine([](Rig& rig) {
      if (rig.backend.simulator() != nullptr) return;  // which has no memory files
      auto file = os::make_shared_memory();
      CPPUNIT_ASSERT(os::write_at(file->get(), strata::as_bytes(std::string(10'000, 'x')), 0).has_value());
      std::size_t came = 0;
      rig.adopt(
          std::move(*file),
          [](Actor& a, Completed&) {
            for (std::uint64_t i = 0; i < 10'000; ++i) {
              CPPUNIT_ASSERT(a.read_at(*Message_Block::make(1), i, {.parallel = true}).has_value());
            }
            return Result<>{};
          },
          [&came](Actor&, Completed& done) {
            came += done.size;
            return Result<>{};
          },
          true);
      rig.until([&] { return came == 10'000; });
      CPPUNIT_ASSERT_EQUAL(rig.proactor->started(), rig.proactor->completed());
    });
  }

  void fault_20_a_storm_of_cancels_completes_all() {
    on_each_engine([](Rig& rig) {
      Actor& actor = rig.pair({});
      actor.on_failure = [](Actor&, Completed&) { return Result<>{}; };
      for (std::uint64_t i = 0; i < count(1'000'000); ++i) {
        for (int k = 0; k < 4; ++k) CPPUNIT_ASSERT(actor.read(10).has_value());
        if (i % 3 == 0) rig.send("x");
        for (std::uint64_t turn = 0; turn < i % 4; ++turn) rig.turn();
        actor.cancel_all();
        rig.until([&] { return actor.outstanding() == 0; });
        rig.diary.clear();
      }
      CPPUNIT_ASSERT_EQUAL(rig.proactor->started(), rig.proactor->completed());
    });
  }

  void fault_22_a_child_of_a_fork_is_inert() {
    on_each_engine([](Rig& rig) {
      if (rig.backend.simulator() != nullptr) return;
      rig.pair(read_on);
      rig.turn();
      const int told = in_a_child([&rig] {
        const bool refused = !rig.reactor->poll().has_value();
        return (refused || rig.diary.empty()) && rig.diary.empty() ? 0 : 1;
      });
      CPPUNIT_ASSERT_EQUAL(0, told);
      rig.send("x");
      rig.expect_diary("rx");
    });
  }

  void fault_24_two_that_wait_for_each_other_end_at_their_deadlines() {
    on_each_engine([](Rig& rig) {
      const std::string large(4'000'000, 'x');
      auto ends = os::socket_pair();
      const auto fill = [&large](Actor& a, Completed&) { return a.write(block_of(large), {.deadline = 20ms}); };
      rig.adopt(std::move(ends->first), fill);
      rig.adopt(std::move(ends->second), fill);
      rig.run_until([&] { return rig.reactor->size() == 0; });
      CPPUNIT_ASSERT_EQUAL_MESSAGE(rig.diary, 2, closes(rig));
      CPPUNIT_ASSERT(rig.diary.starts_with("!late"));
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Operation_Fault_Test);

}  // namespace
