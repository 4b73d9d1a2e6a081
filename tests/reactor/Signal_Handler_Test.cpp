// SPDX-License-Identifier: Apache-2.0
// Contract point 11: signals are upcalls like any other.
#include <strata/reactor/Signal_Handler.h>

#include <csignal>
#include <thread>

#include <strata/os/Process.h>

#include "Reactor_Rig.h"

namespace {

using namespace strata_test;
using os::Signal;
using Rig = Reactor_Rig;

class Signal_Probe final : public strata::Signal_Handler {
 public:
  using Act = std::function<strata::Result<>()>;
  Signal_Probe(os::Signal_Source source, std::string& diary) : Signal_Handler(std::move(source)), diary_(diary) {}
  ~Signal_Probe() override { diary_ += "freed "; }
  Act act;

 private:
  strata::Result<> handle_signal(Signal signal) override {
    diary_ += signal == Signal::user1 ? "user1 " : signal == Signal::user2 ? "user2 " : "other ";
    return act ? act() : strata::Result<>{};
  }
  void handle_close(std::error_code) noexcept override { diary_ += "closed "; }
  std::string& diary_;
};

struct Signal_Guest {
  Signal_Probe* probe;
  Handler_Ref ref;
};

Signal_Guest adopt(Rig& rig) {
  auto source = os::Signal_Source::open({Signal::user1, Signal::user2});
  CPPUNIT_ASSERT(source.has_value());
  auto probe = std::make_unique<Signal_Probe>(std::move(*source), rig.diary);
  Signal_Probe* borrowed = probe.get();
  const auto ref = rig.reactor->adopt(std::move(probe), Event_Mask::input);
  CPPUNIT_ASSERT(ref.has_value());
  return {borrowed, *ref};
}

void raise(Rig& rig, Signal signal) {
  if (auto* simulator = rig.backend.simulator()) return simulator->raise(signal);
  ::kill(::getpid(), signal == Signal::user1 ? SIGUSR1 : SIGUSR2);  // to the process: any thread may read it
}

class Signal_Handler_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Signal_Handler_Test);
  CPPUNIT_TEST(a_signal_is_an_upcall_of_the_loop);
  CPPUNIT_TEST(signals_come_one_a_turn_lowest_number_first);
  CPPUNIT_TEST(a_storm_of_one_kind_is_one_upcall);
  CPPUNIT_TEST(a_signal_that_came_before_the_run_is_kept);
  CPPUNIT_TEST(an_error_closes);
  CPPUNIT_TEST(an_exception_closes);
  CPPUNIT_TEST(a_handler_that_closes_itself_hears_no_other_pending_signal);
  CPPUNIT_TEST(a_suspended_one_hears_it_after_the_resume);
  CPPUNIT_TEST(a_signal_to_another_thread_comes_in_the_loop);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_signal_is_an_upcall_of_the_loop() {
    on_each_model([](Rig& rig) {
      auto guest = adopt(rig);
      bool in_upcall = false;
      guest.probe->act = [&] { return in_upcall = rig.reactor->context() != nullptr, strata::Result<>{}; };
      raise(rig, Signal::user1);
      rig.expect_diary("");
      rig.turns(2);
      rig.expect_diary("user1");
      CPPUNIT_ASSERT(in_upcall);
    });
  }

  void signals_come_one_a_turn_lowest_number_first() {
    on_each_model([](Rig& rig) {
      adopt(rig);
      raise(rig, Signal::user2);
      raise(rig, Signal::user1);
      rig.turn();
      rig.expect_diary("user1");
      rig.turns(2);
      rig.expect_diary("user2");
    });
  }

  void a_storm_of_one_kind_is_one_upcall() {
    on_each_model([](Rig& rig) {
      adopt(rig);
      for (int i = 0; i < 1000; ++i) raise(rig, Signal::user1);
      rig.turns(3);
      rig.expect_diary("user1");
      raise(rig, Signal::user1);
      rig.turns(2);
      rig.expect_diary("user1");
    });
  }

  void a_signal_that_came_before_the_run_is_kept() {
    on_each_model([](Rig& rig) {
      auto guest = adopt(rig);
      guest.probe->act = [&] { return rig.reactor->stop(), strata::Result<>{}; };
      raise(rig, Signal::user2);
      Rig::expect_ok(rig.reactor->run());
      rig.expect_diary("user2");
    });
  }

  void an_error_closes() {
    on_each_model([](Rig& rig) {
      auto guest = adopt(rig);
      guest.probe->act = [] { return strata::fail(strata::errc::stopping); };
      raise(rig, Signal::user1);
      rig.turns(2);
      rig.expect_diary("user1 closed freed");
    });
  }

  void an_exception_closes() {
    on_each_model([](Rig& rig) {
      auto guest = adopt(rig);
      guest.probe->act = []() -> strata::Result<> { throw 1; };
      raise(rig, Signal::user1);
      rig.turns(2);
      rig.expect_diary("user1 closed freed");
    });
  }

  void a_handler_that_closes_itself_hears_no_other_pending_signal() {
    on_each_model([](Rig& rig) {
      auto guest = adopt(rig);
      guest.probe->act = [&] { return rig.reactor->close(guest.ref, strata::errc::canceled); };
      raise(rig, Signal::user1);
      raise(rig, Signal::user2);
      rig.turns(3);
      rig.expect_diary("user1 closed freed");
      adopt(rig);  // takes what is pending, or the next backend would find it
      rig.turns(2);
    });
  }

  void a_suspended_one_hears_it_after_the_resume() {
    on_each_model([](Rig& rig) {
      auto guest = adopt(rig);
      Rig::expect_ok(rig.reactor->suspend(guest.ref));
      raise(rig, Signal::user1);
      rig.turns(2);
      rig.expect_diary("");
      Rig::expect_ok(rig.reactor->resume(guest.ref));
      rig.turns(2);
      rig.expect_diary("user1");
    });
  }

  void a_signal_to_another_thread_comes_in_the_loop() {
    for (const std::string_view name : mechanisms()) {
      Backend backend{name};
      Rig rig{backend};
      auto guest = adopt(rig);  // before the thread starts, which inherits the mask
      guest.probe->act = [&] { return rig.reactor->stop(), strata::Result<>{}; };
      const std::jthread sender{[] { ::kill(static_cast<pid_t>(os::process_id()), SIGUSR2); }};
      Rig::expect_ok(rig.reactor->run());
      rig.expect_diary("user2");
    }
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Signal_Handler_Test);
