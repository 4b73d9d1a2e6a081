// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Signal_Source.h>

#include <csignal>
#include <set>

#include <strata/os/Demultiplexer.h>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;
using os::Signal;

class Signal_Source_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Signal_Source_Test);
  CPPUNIT_TEST(without_a_signal_reading_would_block);
  CPPUNIT_TEST(each_kind_comes_once_however_often_it_was_raised);
  CPPUNIT_TEST(a_pending_signal_makes_the_handle_readable);
  CPPUNIT_TEST(all_that_may_be_told_are);
  CPPUNIT_TEST(what_cannot_be_told_is_refused);
  CPPUNIT_TEST(without_descriptors_there_is_no_source);
  CPPUNIT_TEST_SUITE_END();

 public:
  void without_a_signal_reading_would_block() {
    auto source = value_of(os::Signal_Source::open({Signal::interrupt, Signal::terminate}));
    expect_error(std::errc::operation_would_block, source.next());
  }

  void each_kind_comes_once_however_often_it_was_raised() {
    auto source = value_of(os::Signal_Source::open({Signal::interrupt, Signal::terminate}));
    for (const int number : {SIGTERM, SIGINT, SIGTERM, SIGTERM}) std::raise(number);
    std::set<Signal> seen{value_of(source.next()), value_of(source.next())};
    CPPUNIT_ASSERT(seen == (std::set{Signal::interrupt, Signal::terminate}));
    expect_error(std::errc::operation_would_block, source.next());
  }

  void a_pending_signal_makes_the_handle_readable() {
    auto source = value_of(os::Signal_Source::open({Signal::terminate}));
    auto demultiplexer = value_of(os::open_demultiplexer("auto"));
    expect_done(demultiplexer->add(source.handle(), os::Interest::input, 3));
    std::raise(SIGTERM);
    os::Ready ready[2];
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, value_of(demultiplexer->wait(ready, -1ns)));
    CPPUNIT_ASSERT(value_of(source.next()) == Signal::terminate);
  }

  void all_that_may_be_told_are() {
    using enum Signal;
    const std::vector<std::pair<Signal, int>> all{{interrupt, SIGINT}, {terminate, SIGTERM}, {hangup, SIGHUP},
                                                  {user1, SIGUSR1},    {user2, SIGUSR2},     {child, SIGCHLD},
                                                  {quit, SIGQUIT},     {resume, SIGCONT}};
    for (const auto& [signal, number] : all) {
      auto source = value_of(os::Signal_Source::open({signal}));
      std::raise(number);
      CPPUNIT_ASSERT(value_of(source.next()) == signal);
    }
  }

  void what_cannot_be_told_is_refused() {
    for (const Signal signal : {Signal::kill, Signal::stop}) {
      expect_error(std::errc::invalid_argument, os::Signal_Source::open({Signal::terminate, signal}));
    }
  }

  void without_descriptors_there_is_no_source() {
    Fault_Table faults;
    faults.fail<&os::Operations::signal_open>(std::errc::too_many_files_open, 1);
    expect_error(std::errc::too_many_files_open, os::Signal_Source::open({Signal::hangup}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Signal_Source_Test);

}  // namespace
