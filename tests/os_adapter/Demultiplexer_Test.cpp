// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Demultiplexer.h>

#include <future>

#include <strata/os/Waker.h>

#include "Demultiplexer_Rig.h"
#include "Fault_Table.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;
using os::Interest;
using os::Ready;
using Rig = Demultiplexer_Rig;

/// The events of one handle, on every mechanism. What belongs to the set of many stands in Demultiplexer_Set_Test.
class Demultiplexer_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Demultiplexer_Test);
  CPPUNIT_TEST(unread_data_is_reported_again_and_again_with_its_token);
  CPPUNIT_TEST(room_to_write_is_reported);
  CPPUNIT_TEST(data_and_room_are_one_event);
  CPPUNIT_TEST(what_is_not_wanted_is_not_reported);
  CPPUNIT_TEST(modifying_changes_interest_and_token);
  CPPUNIT_TEST(a_fin_is_input_with_its_mark);
  CPPUNIT_TEST(a_fin_is_silent_where_no_input_is_wanted);
  CPPUNIT_TEST(a_hang_up_is_reported_even_where_nothing_is_wanted);
  CPPUNIT_TEST(a_reset_is_an_error_even_where_nothing_is_wanted);
  CPPUNIT_TEST(a_refused_connect_is_writable_and_an_error);
  CPPUNIT_TEST(an_event_fetched_before_removal_is_not_reported);
  CPPUNIT_TEST(a_wait_never_ends_before_its_time);
  CPPUNIT_TEST(a_wait_for_ever_ends_with_an_event);
  CPPUNIT_TEST(the_longest_wait_is_cut_and_ends_with_an_event);
  CPPUNIT_TEST(a_failing_wait_is_an_error);
  CPPUNIT_TEST(a_waker_wakes_again_without_being_read_where_so_promised);
  CPPUNIT_TEST_SUITE_END();

 public:
  void unread_data_is_reported_again_and_again_with_its_token() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::input, 0xfedcba9876543210);
      rig.expect_nothing();
      rig.peer_sends();
      rig.expect_ready(0xfedcba9876543210, Ready::input);
      rig.expect_ready(0xfedcba9876543210, Ready::input);
      receive_text(rig.handle(), 1);
      rig.expect_nothing();
    });
  }

  void room_to_write_is_reported() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::output, 1);
      rig.expect_ready(1, Ready::output);
    });
  }

  void data_and_room_are_one_event() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::both, 1);
      rig.peer_sends();
      rig.expect_ready(1, Ready::input | Ready::output);
    });
  }

  void what_is_not_wanted_is_not_reported() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::none, 1);
      rig.peer_sends();
      rig.expect_nothing();
    });
  }

  void modifying_changes_interest_and_token() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::input, 1);
      rig.peer_sends();
      rig.modify(Interest::output, 2);
      rig.expect_ready(2, Ready::output);
      rig.modify(Interest::none, 3);
      rig.expect_nothing();
      rig.modify(Interest::input, 4);
      rig.expect_ready(4, Ready::input);
    });
  }

  void a_fin_is_input_with_its_mark() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::input, 1);
      expect_done(os::shutdown(rig.pair.second.get(), os::Shutdown::send));
      rig.expect_ready(1, Ready::input | Ready::read_end);
    });
  }

  void a_fin_is_silent_where_no_input_is_wanted() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::none, 1);
      expect_done(os::shutdown(rig.pair.second.get(), os::Shutdown::send));
      rig.expect_nothing();
    });
  }

  void a_hang_up_is_reported_even_where_nothing_is_wanted() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::none, 1);
      rig.pair.second.reset();
      rig.expect_ready(1, Ready::hangup);
      rig.modify(Interest::input, 1);
      rig.expect_ready(1, Ready::input | Ready::hangup | Ready::read_end);
    });
  }

  void a_reset_is_an_error_even_where_nothing_is_wanted() {
    on_each_mechanism([](Rig& rig) {
      auto [near, far] = connected_over(listen_on(loopback()));
      expect_done(rig->add(near.get(), Interest::none, 1));
      expect_done(os::set_option(far.get(), os::Socket_Option::linger, 0));
      far.reset();
      await(near.get(), Interest::input);
      rig.expect_ready(1, Ready::error | Ready::hangup);
      expect_done(rig->modify(near.get(), Interest::both, 1));
      rig.expect_ready(1, Ready::input | Ready::output | Ready::error | Ready::hangup | Ready::read_end);
    });
  }

  void a_refused_connect_is_writable_and_an_error() {
    on_each_mechanism([](Rig& rig) {
      const os::Socket_Address refusing = listen_on(loopback()).address;
      const auto client = connect_to(refusing);
      expect_done(rig->add(client.get(), Interest::output, 1));
      const auto ready = rig.wait(1, 10s);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ready.size());
      CPPUNIT_ASSERT((ready[0].set & Ready::output) != 0);
      CPPUNIT_ASSERT_EQUAL(!rig.is("select"), (ready[0].set & Ready::error) != 0);
    });
  }

  void an_event_fetched_before_removal_is_not_reported() {
    on_each_mechanism([](Rig& rig) {
      Crowd crowd{3};
      for (std::size_t i = 0; i < 3; ++i) expect_done(rig->add(crowd.handle(i), Interest::input, i));
      crowd.all_peers_send();
      const std::uint64_t first = rig.wait(1).at(0).token;
      for (std::size_t i = 0; i < 3; ++i) {
        if (i != first) expect_done(rig->remove(crowd.handle(i)));
      }
      rig.expect_ready(first, Ready::input);
    });
  }

  /// In a thread of its own: a ring that has gone still interrupts the waits of the one that used it.
  void a_wait_never_ends_before_its_time() {
    const auto test = [] {
      on_each_mechanism([](Rig& rig) {
        rig.add(Interest::input, 1);
        for (const strata::Duration timeout : {1ns, 300'000ns, 1'100'000ns}) {
          const strata::Time_Point start = strata::Clock::now();
          CPPUNIT_ASSERT(rig.wait(1, timeout).empty());
          CPPUNIT_ASSERT(strata::Clock::now() - start >= timeout);
        }
      });
    };
    std::async(std::launch::async, test).get();
  }

  void a_wait_for_ever_ends_with_an_event() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::input, 1);
      rig.peer_sends();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.wait(1, -1ns).size());
    });
  }

  void the_longest_wait_is_cut_and_ends_with_an_event() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::output, 1);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.wait(1, strata::Duration::max()).size());
    });
  }

  void a_failing_wait_is_an_error() {
    on_each_mechanism([](Rig& rig) {
      rig.add(Interest::output, 1);
      Fault_Table faults;
      faults.fail<&os::Operations::epoll_wait>(std::errc::not_enough_memory, 1);
      faults.fail<&os::Operations::ring_enter>(std::errc::not_enough_memory, 1);
      faults.fail<&os::Operations::poll>(std::errc::not_enough_memory, 1);
      faults.fail<&os::Operations::select>(std::errc::not_enough_memory, 1);
      Ready ready[1];
      expect_error(std::errc::not_enough_memory, rig->wait(ready, 0ns));
      rig.expect_ready(1, Ready::output);
    });
  }

  void a_waker_wakes_again_without_being_read_where_so_promised() {
    on_each_mechanism([](Rig& rig) {
      os::Waker waker = value_of(os::Waker::open());
      const bool needs_no_reading = value_of(rig->add_waker(waker.handle(), 5));
      CPPUNIT_ASSERT_EQUAL(rig.is("epoll") || rig.is("io_uring"), needs_no_reading);
      for (int i = 0; i < 3; ++i) {
        waker.wake();
        waker.wake();
        rig.expect_ready(5, Ready::input);
        if (!needs_no_reading) waker.clear();
        rig.expect_nothing();
      }
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Demultiplexer_Test);

}  // namespace
