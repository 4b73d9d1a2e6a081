// SPDX-License-Identifier: Apache-2.0
// Contract points 1, 2, 4 and 6: turns, registration, errors of hooks, readiness.
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>

#include <strata/os/File.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using strata::errc;
using Rig = Reactor_Rig;

/// A handler of a regular file, which no demultiplexer takes.
class File_Handler final : public strata::Event_Handler {
 public:
  explicit File_Handler(strata::os::File file) : file_(std::move(file)) {}
  strata::os::Handle handle() const noexcept override { return file_.handle(); }

 private:
  strata::os::File file_;
};

class Reactor_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Reactor_Test);
  CPPUNIT_TEST(a_turn_is_posts_then_timers_then_io_then_flush_then_the_closed);
  CPPUNIT_TEST(input_comes_before_output_on_one_handle);
  CPPUNIT_TEST(readiness_is_reported_until_it_is_used_up);
  CPPUNIT_TEST(running_inside_an_upcall_is_refused);
  CPPUNIT_TEST(a_second_handler_of_one_handle_is_refused);
  CPPUNIT_TEST(a_regular_file_is_refused);
  CPPUNIT_TEST(a_refused_handler_is_freed_without_a_close);
  CPPUNIT_TEST(an_error_of_a_hook_closes_with_that_reason);
  CPPUNIT_TEST(would_block_keeps_the_handler);
  CPPUNIT_TEST(a_hook_that_throws_closes_its_handler_and_the_loop_lives);
  CPPUNIT_TEST(interest_can_be_changed_from_a_hook);
  CPPUNIT_TEST(a_hot_peer_gets_one_upcall_a_turn);
  CPPUNIT_TEST(flush_later_calls_once_however_often_asked);
  CPPUNIT_TEST(invoke_runs_a_hook_now_and_guards_it);
  CPPUNIT_TEST(destroying_the_reactor_closes_all_with_stopping);
  CPPUNIT_TEST(an_ended_reactor_has_closed_all_and_takes_nothing);
  CPPUNIT_TEST(for_each_visits_its_group_alone);
  CPPUNIT_TEST(stop_ends_the_run_and_it_may_be_run_again);
  CPPUNIT_TEST(a_stop_before_the_run_ends_it_at_once);
  CPPUNIT_TEST(an_unknown_mechanism_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_turn_is_posts_then_timers_then_io_then_flush_then_the_closed() {
    on_each_mechanism([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b");
      b.probe->on_input = [&] { return rig.reactor->close(b.ref, errc::canceled); };
      Rig::expect_ok(rig.reactor->flush_later(a.ref));
      rig.send(b);
      const strata::Timer timer = rig.reactor->schedule(1ms, [&] { rig.diary += "timer "; });
      Rig::expect_ok(rig.reactor->post([&] { rig.diary += "post "; }));
      rig.backend.advance(2ms);
      rig.turn();
      rig.expect_diary("post timer bi ao bc b~");
    });
  }

  void input_comes_before_output_on_one_handle() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a", Event_Mask::both);
      rig.send(a);
      rig.turn();
      rig.expect_diary("ai ao");
    });
  }

  void readiness_is_reported_until_it_is_used_up() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      rig.send(a, "12");
      rig.turns(4);
      rig.expect_diary("ai ai");
    });
  }

  void running_inside_an_upcall_is_refused() {
    on_each_backend([](Rig& rig) {
      int refused = 0;
      Rig::expect_ok(rig.reactor->post([&] {
        refused += rig.reactor->run().error() == std::errc::resource_deadlock_would_occur;
        refused += rig.reactor->run_one().error() == std::errc::resource_deadlock_would_occur;
        refused += rig.reactor->poll().error() == std::errc::resource_deadlock_would_occur;
        refused += rig.reactor->run_for(1s).error() == std::errc::resource_deadlock_would_occur;
      }));
      rig.turn();
      CPPUNIT_ASSERT_EQUAL(4, refused);
      rig.turn();
    });
  }

  void a_second_handler_of_one_handle_is_refused() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      Rig::expect_error(condition(std::errc::file_exists), rig.reactor->watch(*a.probe, Event_Mask::input));
    });
  }

  void a_regular_file_is_refused() {
    on_each_model([](Rig& rig) {
      auto file = os::File::open("/proc/self/exe", os::Open_Mode::read);
      if (rig.backend.is("sim")) return;  // files are the real ones there, and have no readiness
      CPPUNIT_ASSERT(file.has_value());
      const auto refused = rig.reactor->adopt(std::make_unique<File_Handler>(std::move(*file)), Event_Mask::input);
      Rig::expect_error(condition(std::errc::operation_not_permitted), refused);
    });
  }

  void a_refused_handler_is_freed_without_a_close() {
    on_each_model([](Rig& rig) {
      auto probe = std::make_unique<Probe>("a", rig.diary, os::Unique_Handle{});
      const auto refused = rig.reactor->adopt(std::move(probe), Event_Mask::input);
      Rig::expect_error(condition(std::errc::bad_file_descriptor), refused);
      rig.turn();
      rig.expect_diary("a~");
    });
  }

  void an_error_of_a_hook_closes_with_that_reason() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      std::error_code reason;
      a.probe->on_close = [&] { reason = a.probe->reason; };
      rig.hang_up(a);
      rig.turn();
      rig.expect_diary("ai ac a~");
      CPPUNIT_ASSERT(reason == errc::end_of_stream);
    });
  }

  void would_block_keeps_the_handler() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      a.probe->on_input = [] { return strata::fail(std::errc::operation_would_block); };
      rig.send(a);
      rig.turns(2);
      rig.expect_diary("ai ai");
    });
  }

  void a_hook_that_throws_closes_its_handler_and_the_loop_lives() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b");
      std::error_code reason;
      a.probe->on_close = [&] { reason = a.probe->reason; };
      a.probe->on_input = []() -> strata::Result<> { throw 1; };
      rig.send(a);
      rig.turn();
      rig.expect_diary("ai ac a~");
      CPPUNIT_ASSERT(reason == std::errc::state_not_recoverable);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, rig.reactor->metrics().exceptions.value());
      rig.send(b);
      rig.turn();
      rig.expect_diary("bi");
    });
  }

  void interest_can_be_changed_from_a_hook() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a", Event_Mask::output);
      a.probe->on_output = [&] { return rig.reactor->set_interest(a.ref, Event_Mask::none); };
      rig.turns(2);
      rig.expect_diary("ao");
      Rig::expect_ok(rig.reactor->set_interest(a.ref, Event_Mask::both));
      rig.turn();
      rig.expect_diary("ao");
    });
  }

  void a_hot_peer_gets_one_upcall_a_turn() {
    on_each_backend([](Rig& rig) {
      auto hot = rig.adopt("hot"), mild = rig.adopt("mild");
      rig.send(hot, std::string(100, 'x'));
      rig.send(mild);
      rig.turn();
      CPPUNIT_ASSERT(rig.diary == "hoti mildi " || rig.diary == "mildi hoti ");
      rig.diary.clear();
      const strata::Timer timer = rig.reactor->schedule(1ms, [&] { rig.diary += "timer "; });
      rig.backend.advance(2ms);
      rig.turn();
      rig.expect_diary("timer hoti");
    });
  }

  void flush_later_calls_once_however_often_asked() {
    on_each_backend([](Rig& rig) {
      auto a = rig.adopt("a"), b = rig.adopt("b");
      b.probe->on_input = [&] {
        Rig::expect_ok(rig.reactor->flush_later(a.ref));
        Rig::expect_ok(rig.reactor->flush_later(a.ref));
        return b.probe->read();
      };
      rig.send(b);
      rig.turns(2);
      rig.expect_diary("bi ao");
    });
  }

  void invoke_runs_a_hook_now_and_guards_it() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      const auto explode = [](strata::Event_Handler&, void*) -> strata::Result<> { throw 1; };
      Rig::expect_ok(rig.reactor->post([&, ref = a.ref] {
        Rig::expect_ok(rig.reactor->invoke(ref, [](strata::Event_Handler& h, void*) { return h.handle_output(); }));
        Rig::expect_ok(rig.reactor->invoke(ref, explode));
        Rig::expect_error(condition(std::errc::identifier_removed), rig.reactor->invoke(ref, explode));
      }));
      rig.turn();
      rig.expect_diary("ao ac a~");
    });
  }

  void destroying_the_reactor_closes_all_with_stopping() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      std::error_code reason;
      a.probe->on_close = [&] { reason = a.probe->reason; };
      rig.reactor.reset();
      rig.expect_diary("ac a~");
      CPPUNIT_ASSERT(reason == errc::stopping);
    });
  }

  void an_ended_reactor_has_closed_all_and_takes_nothing() {
    on_each_model([](Rig& rig) {
      auto a = rig.adopt("a");
      std::error_code reason;
      a.probe->on_close = [&] { reason = a.probe->reason; };
      strata::Timer late = rig.reactor->schedule(std::chrono::seconds{1}, [&] { rig.diary += "late "; });
      auto held = std::make_shared<int>(1);
      Rig::expect_ok(rig.reactor->post([held] {}));
      CPPUNIT_ASSERT(!rig.reactor->ended());
      rig.reactor->end(std::make_error_code(std::errc::io_error));
      CPPUNIT_ASSERT(rig.reactor->ended());
      CPPUNIT_ASSERT(reason == std::errc::io_error);
      CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
      Rig::expect_error(condition(errc::stopping), rig.reactor->post([] {}));
      Rig::expect_error(condition(errc::stopping), rig.reactor->run());
      Rig::expect_error(condition(errc::stopping), rig.reactor->post([] {}));  // `run` has not opened it again
      Rig::expect_error(condition(std::errc::identifier_removed), rig.reactor->resume(a.ref));
      late.cancel();
      rig.expect_diary("ac a~");
    });
  }

  void for_each_visits_its_group_alone() {
    on_each_backend([](Rig& rig) {
      const std::uint32_t group = rig.reactor->new_group();
      rig.adopt("a", Event_Mask::input, {strata::Descriptor::exclusive, group});
      rig.adopt("b");
      rig.adopt("c", Event_Mask::input, {strata::Descriptor::exclusive, group});
      const auto close = [](void*, Handler_Ref ref, strata::Event_Handler&) {
        Rig::expect_ok(ref.reactor()->close(ref, errc::shed));
      };
      rig.reactor->for_each(group, close, nullptr);
      rig.turn();
      rig.expect_diary("ac a~ cc c~");
    });
  }

  void stop_ends_the_run_and_it_may_be_run_again() {
    on_each_backend([](Rig& rig) {
      for (int i = 0; i < 2; ++i) {
        const strata::Timer timer = rig.reactor->schedule(5ms, [&] { rig.reactor->stop(); });
        Rig::expect_ok(rig.reactor->run());
      }
      rig.turn();
    });
  }

  void a_stop_before_the_run_ends_it_at_once() {
    on_each_model([](Rig& rig) {
      rig.reactor->stop();
      Rig::expect_ok(rig.reactor->run());
      rig.turn();
      Rig::expect_ok(rig.reactor->post([&] { rig.diary += "post "; }));
      rig.turn();
      rig.expect_diary("post");
    });
  }
  void an_unknown_mechanism_is_refused() {
    strata::Reactor_Options options;
    options.demultiplexer = "nonsense";
    Rig::expect_error(condition(std::errc::invalid_argument), strata::Reactor::open(options));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Reactor_Test);
