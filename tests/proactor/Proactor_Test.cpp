// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Proactor.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>

#include <strata_test/Child.h>
#include <strata_test/Temporary_Folder.h>

#include "Proactor_Rig.h"

namespace {

using namespace strata_test;
using Rig = Proactor_Rig;
using strata::Completed;
using strata::Proactor;
using strata::Proactor_Engine;
using strata::Reactor;

class Proactor_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Proactor_Test);
  CPPUNIT_TEST(a_ring_is_refused_where_the_reactor_waits_on_something_else);
  CPPUNIT_TEST(automatic_is_the_ring_that_the_reactor_waits_on);
  CPPUNIT_TEST(both_engines_may_be_had_on_one_ring);
  CPPUNIT_TEST(a_handle_that_does_not_fit_is_refused_and_its_handler_freed);
  CPPUNIT_TEST(it_counts_what_was_started_and_what_has_completed);
  CPPUNIT_TEST(one_that_goes_before_its_handlers_ends_the_process_with_a_word);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_ring_is_refused_where_the_reactor_waits_on_something_else() {
    const auto reactor = Reactor::open({.demultiplexer = "poll"});
    const auto refused = Proactor::open(**reactor, {.engine = Proactor_Engine::io_uring});
    CPPUNIT_ASSERT(!refused && refused.error() == std::errc::not_supported);
    CPPUNIT_ASSERT_EQUAL(std::string{"emulated"}, std::string{(*Proactor::open(**reactor))->engine()});
  }

  void automatic_is_the_ring_that_the_reactor_waits_on() {
    if (!io_uring_allowed()) return;
    const auto reactor = Reactor::open({.demultiplexer = "io_uring"});
    CPPUNIT_ASSERT_EQUAL(std::string{"io_uring"}, std::string{(*Proactor::open(**reactor))->engine()});
  }

  void both_engines_may_be_had_on_one_ring() {
    if (!io_uring_allowed()) return;
    const auto reactor = Reactor::open({.demultiplexer = "io_uring"});
    const auto emulated = Proactor::open(**reactor, {.engine = Proactor_Engine::emulated});
    CPPUNIT_ASSERT_EQUAL(std::string{"emulated"}, std::string{(*emulated)->engine()});
  }

  void a_handle_that_does_not_fit_is_refused_and_its_handler_freed() {
    on_each_engine([](Rig& rig) {
      const auto refused = rig.proactor->adopt(std::make_unique<Actor>(rig.diary, nullptr), os::Unique_Handle{});
      CPPUNIT_ASSERT(!refused);
      CPPUNIT_ASSERT_EQUAL(std::string{"~"}, rig.diary);
    });
  }

  void it_counts_what_was_started_and_what_has_completed() {
    on_each_engine([](Rig& rig) {
      rig.pair([](Actor& a, Completed&) {
        CPPUNIT_ASSERT(a.write(block_of("x")).has_value());
        return a.read(10);
      });
      rig.until([&] { return rig.proactor->completed() == 1; });
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, rig.proactor->started());
    });
  }

  void one_that_goes_before_its_handlers_ends_the_process_with_a_word() {
    const Temporary_Folder folder;
    const std::string words = folder / "words";
    const int status = in_a_child([&] {
      if (std::freopen(words.c_str(), "w", stderr) == nullptr) return 1;
      std::set_terminate([] {
        std::fflush(stderr);
        std::_Exit(7);
      });
      const auto reactor = Reactor::open({.demultiplexer = "poll"});
      auto proactor = *Proactor::open(**reactor);
      auto ends = *os::socket_pair();
      if (!proactor->adopt(std::make_unique<Echo>(), std::move(ends.first))) return 2;
      proactor.reset();
      return 3;
    });
    CPPUNIT_ASSERT_EQUAL(7, status);
    std::string line;
    std::getline(std::ifstream{words} >> std::ws, line);
    CPPUNIT_ASSERT_MESSAGE(line, line.find("before the end of its reactor") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Proactor_Test);

}  // namespace
