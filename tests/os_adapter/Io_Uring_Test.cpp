// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Demultiplexer.h>

#include <array>
#include <exception>
#include <set>
#include <thread>

#include <strata/os/Waker.h>
#include <strata_test/Child.h>
#include <strata_test/Mechanisms.h>

#include "Demultiplexer_Rig.h"
#include "Fault_Table.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;
using os::Interest;
using os::Ready;

struct Ring_Rig : Demultiplexer_Rig {
  Ring_Rig() : Demultiplexer_Rig("io_uring") {}
};
/// Where the machine forbids rings, that is what is tested.
template <class Test>
void on_a_ring(Test test) {
  if (!io_uring_allowed()) return CPPUNIT_ASSERT(!os::open_demultiplexer("io_uring"));
  Ring_Rig rig;
  test(rig);
}

/// What is the ring's own: how it is refused, and where it must hide that it completes operations.
class Io_Uring_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Io_Uring_Test);
  CPPUNIT_TEST(it_opens_where_the_kernel_allows_it_and_tells_why_elsewhere);
  CPPUNIT_TEST(a_ring_that_is_refused_is_an_error_and_leaves_nothing_open);
  CPPUNIT_TEST(a_ring_that_may_be_had_but_not_entered_is_refused);
  CPPUNIT_TEST(auto_passes_over_what_is_not_here_in_a_fixed_order);
  CPPUNIT_TEST(auto_does_not_hide_that_descriptors_are_used_up);
  CPPUNIT_TEST(a_turn_of_many_events_is_one_system_call);
  CPPUNIT_TEST(more_handles_than_both_queues_hold_are_all_reported);
  CPPUNIT_TEST(a_closed_handle_lets_its_peer_know_before_the_next_wait);
  CPPUNIT_TEST(a_handle_whose_event_was_reported_is_forgotten_without_a_system_call);
  CPPUNIT_TEST(its_end_lets_go_of_the_files);
  CPPUNIT_TEST(a_number_used_again_is_never_taken_for_the_file_before);
  CPPUNIT_TEST(a_reset_while_asleep_is_told_whole);
  CPPUNIT_TEST(a_hang_up_while_asleep_is_told_whole);
  CPPUNIT_TEST(a_fin_that_nobody_wants_does_not_spin_and_hides_nothing);
  CPPUNIT_TEST(a_change_of_what_is_polled_does_not_shorten_a_wait);
  CPPUNIT_TEST(a_connection_wakes_one_of_those_that_share_a_listener);
  CPPUNIT_TEST(polls_outlive_the_thread_that_made_them);
  CPPUNIT_TEST(it_goes_with_its_user_from_thread_to_thread);
  CPPUNIT_TEST(another_thread_may_remove_what_is_polled);
  CPPUNIT_TEST(a_ring_lost_on_the_way_is_opened_by_the_next_wait);
  CPPUNIT_TEST(a_system_without_rings_for_one_thread_has_others);
  CPPUNIT_TEST(a_forked_child_is_refused_and_the_parent_untouched);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_opens_where_the_kernel_allows_it_and_tells_why_elsewhere() {
    const auto opened = os::open_demultiplexer("io_uring");
    CPPUNIT_ASSERT_EQUAL(io_uring_allowed(), opened.has_value());
    if (opened) CPPUNIT_ASSERT(!(*opened)->concurrent());
  }

  void a_ring_that_is_refused_is_an_error_and_leaves_nothing_open() {
    for (const auto error : {std::errc::function_not_supported, std::errc::operation_not_permitted,
                             std::errc::permission_denied, std::errc::not_enough_memory}) {
      Fault_Table faults;
      faults.fail<&os::Operations::ring_open>(error, 1);
      expect_error(error, os::open_demultiplexer("io_uring"));
    }
  }

  void a_ring_that_may_be_had_but_not_entered_is_refused() {
    on_a_ring([](Ring_Rig&) {
      Fault_Table faults;
      faults.fail<&os::Operations::ring_enter>(std::errc::operation_not_permitted, 1'000);
      expect_error(std::errc::operation_not_permitted, os::open_demultiplexer("io_uring"));
    });
  }

  void auto_passes_over_what_is_not_here_in_a_fixed_order() {
    Fault_Table faults;
    faults.fail<&os::Operations::epoll_open>(std::errc::function_not_supported, 2);
    CPPUNIT_ASSERT(value_of(os::open_demultiplexer("auto"))->name() == (io_uring_allowed() ? "io_uring" : "poll"));
    faults.fail<&os::Operations::ring_open>(std::errc::operation_not_permitted, 1);
    CPPUNIT_ASSERT(value_of(os::open_demultiplexer("auto"))->name() == "poll");
  }

  void auto_does_not_hide_that_descriptors_are_used_up() {
    Fault_Table faults;
    faults.fail<&os::Operations::epoll_open>(std::errc::too_many_files_open, 1);
    expect_error(std::errc::too_many_files_open, os::open_demultiplexer("auto"));
  }

  void a_turn_of_many_events_is_one_system_call() {
    on_a_ring([](Ring_Rig& rig) {
      Crowd crowd{100};
      for (std::size_t i = 0; i < 100; ++i) expect_done(rig->add(crowd.handle(i), Interest::input, i));
      crowd.all_peers_send();
      Fault_Table faults;
      faults.fail<&os::Operations::ring_enter>(std::errc::io_error, 0);
      for (int i = 1; i <= 3; ++i) {
        CPPUNIT_ASSERT_EQUAL(std::size_t{100}, rig.wait(256, 10s).size());
        CPPUNIT_ASSERT_EQUAL(i, faults.calls<&os::Operations::ring_enter>());
      }
    });
  }

  /// The queues are cut to a few entries; the kernel keeps what does not fit (io_uring_setup(2), IORING_FEAT_NODROP).
  void more_handles_than_both_queues_hold_are_all_reported() {
    Fault_Table faults;
    faults.table().ring_open = [](io_uring* ring, unsigned, unsigned, bool one_thread) {
      return os::native_operations().ring_open(ring, 4, 8, one_thread);
    };
    on_a_ring([](Ring_Rig& rig) {
      Crowd crowd{200};
      for (std::size_t i = 0; i < 200; ++i) expect_done(rig->add(crowd.handle(i), Interest::input, i));
      rig.expect_nothing();
      crowd.all_peers_send();
      std::array<int, 200> seen{};
      for (int i = 0; i < 25; ++i) {
        for (const Ready& one : rig.wait(64)) ++seen[one.token];
      }
      CPPUNIT_ASSERT(std::ranges::all_of(seen, [](int times) { return times == 8; }));
    });
  }

  void a_closed_handle_lets_its_peer_know_before_the_next_wait() {
    on_a_ring([](Ring_Rig& rig) {
      rig.add(Interest::input, 1);
      rig.expect_nothing();
      rig->forget(rig.handle());
      rig.pair.first.reset();
      std::byte byte[1];
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(os::receive(rig.pair.second.get(), byte)));
    });
  }

  void a_handle_whose_event_was_reported_is_forgotten_without_a_system_call() {
    on_a_ring([](Ring_Rig& rig) {
      rig.add(Interest::input, 1);
      expect_done(os::shutdown(rig.pair.second.get(), os::Shutdown::send));
      rig.expect_ready(1, Ready::input | Ready::read_end);
      Fault_Table faults;
      faults.fail<&os::Operations::ring_enter>(std::errc::io_error, 0);
      rig->forget(rig.handle());
      CPPUNIT_ASSERT_EQUAL(0, faults.calls<&os::Operations::ring_enter>());
    });
  }

  void its_end_lets_go_of_the_files() {
    on_a_ring([](Ring_Rig& rig) {
      rig.add(Interest::input, 1);
      rig.expect_nothing();
      rig.demultiplexer.reset();
      rig.pair.first.reset();
      std::byte byte[1];
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(os::receive(rig.pair.second.get(), byte)));
    });
  }

  void a_number_used_again_is_never_taken_for_the_file_before() {
    on_a_ring([](Ring_Rig& rig) {
      rig.add(Interest::input, 1);
      rig.expect_nothing();
      const os::Handle number = rig.handle();
      os::Unique_Handle kept = value_of(os::duplicate(number));  // the file lives on
      rig.pair.first.reset();                                    // closed without a word
      auto next = value_of(os::socket_pair());
      CPPUNIT_ASSERT(next.first.get() == number);
      expect_error(std::errc::file_exists, rig->add(number, Interest::input, 2));
      expect_done(rig->modify(number, Interest::input, 2));
      rig.peer_sends();
      rig.expect_nothing();
      send_text(next.second.get(), "x");
      rig.expect_ready(2, Ready::input);
    });
  }

  void a_reset_while_asleep_is_told_whole() {
    on_a_ring([](Ring_Rig& rig) {
      auto [near, far] = connected_over(listen_on(loopback()));
      expect_done(rig->add(near.get(), Interest::input, 1));
      rig.expect_nothing();  // it is being polled from here on
      expect_done(os::set_option(far.get(), os::Socket_Option::linger, 0));
      far.reset();
      expect_one(rig.wait(1, 10s), Ready::input | Ready::error | Ready::hangup | Ready::read_end);
    });
  }

  /// A pipe's writer that closes wakes with POLLERR among others, though there is no error.
  void a_hang_up_while_asleep_is_told_whole() {
    on_a_ring([](Ring_Rig& rig) {
      auto [reader, writer] = value_of(os::open_pipe());
      expect_done(rig->add(reader.get(), Interest::input, 1));
      rig.expect_nothing();
      writer.reset();
      expect_one(rig.wait(1, 10s), Ready::hangup);
    });
  }

  /// The kernel wakes every poll for POLLRDHUP, wanted or not.
  void a_fin_that_nobody_wants_does_not_spin_and_hides_nothing() {
    on_a_ring([](Ring_Rig& rig) {
      rig.add(Interest::none, 1);
      expect_done(os::shutdown(rig.pair.second.get(), os::Shutdown::send));
      rig.expect_nothing();
      Fault_Table faults;
      faults.fail<&os::Operations::ring_enter>(std::errc::io_error, 0);
      rig.wait(1, 2ms);
      CPPUNIT_ASSERT_EQUAL(1, faults.calls<&os::Operations::ring_enter>());
      rig.modify(Interest::output, 2);
      rig.expect_ready(2, Ready::output);
      rig.expect_ready(2, Ready::output);
      rig.pair.second.reset();
      rig.expect_ready(2, Ready::output | Ready::hangup);
    });
  }

  void a_change_of_what_is_polled_does_not_shorten_a_wait() {
    on_a_ring([](Ring_Rig& rig) {
      rig.add(Interest::input, 1);
      for (int i = 0; i < 3; ++i) {
        rig.expect_nothing();
        rig.modify(Interest::input, 1);
        const strata::Time_Point start = strata::Clock::now();
        CPPUNIT_ASSERT(rig.wait(1, 2ms).empty());
        CPPUNIT_ASSERT(strata::Clock::now() - start >= 2ms);
      }
    });
  }

  void a_connection_wakes_one_of_those_that_share_a_listener() {
    on_a_ring([](Ring_Rig& first) {
      Ring_Rig second;
      const auto listener = listen_on(loopback());
      for (Ring_Rig* rig : {&first, &second}) {
        expect_done((*rig)->add_shared(listener.handle.get(), Interest::input, 1));
        rig->expect_nothing();
      }
      const auto client = connect_to(listener.address);
      await(listener.handle.get(), Interest::input);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, first.wait().size() + second.wait().size());
    });
  }

  /// The kernel takes them back with the thread, some time after its end; a wait makes them anew.
  void polls_outlive_the_thread_that_made_them() {
    on_a_ring([](Ring_Rig& rig) {
      os::Waker waker = value_of(os::Waker::open());
      CPPUNIT_ASSERT(value_of(rig->add_waker(waker.handle(), 2)));
      rig.add(Interest::input, 1);
      for (int i = 0; i < 3; ++i) in_a_thread([&rig] { rig.wait(); });  // the last makes them on a ring for all
      rig.peer_sends();
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, next(rig).token);
      expect_done(rig->remove(rig.handle()));
      waker.wake();
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, next(rig).token);
    });
  }

  void it_goes_with_its_user_from_thread_to_thread() {
    on_a_ring([](Ring_Rig& rig) {
      os::Waker waker = value_of(os::Waker::open());
      CPPUNIT_ASSERT(value_of(rig->add_waker(waker.handle(), 2)));
      rig.add(Interest::input, 1);
      Fault_Table faults;
      faults.fail<&os::Operations::ring_open>(std::errc::io_error, 0);
      for (int i = 0; i < 6; ++i) {
        rig.peer_sends();
        waker.wake();
        std::set<std::uint64_t> seen;
        in_a_thread([&] {
          while (seen.size() < 2) seen.insert(next(rig).token);
        });
        CPPUNIT_ASSERT(seen == (std::set<std::uint64_t>{1, 2}));
        receive_text(rig.handle(), 1);
      }
      // One of the second thread's, then one that is anybody's.
      CPPUNIT_ASSERT_EQUAL(2, faults.calls<&os::Operations::ring_open>());
    });
  }

  void another_thread_may_remove_what_is_polled() {
    on_a_ring([](Ring_Rig& rig) {
      const auto [near, far] = value_of(os::socket_pair());
      rig.add(Interest::input, 1);
      expect_done(rig->add(near.get(), Interest::input, 2));
      rig.expect_nothing();
      in_a_thread([&] { expect_done(rig->remove(rig.handle())); });
      rig.peer_sends();
      send_text(far.get(), "x");
      rig.expect_ready(2, Ready::input);
    });
  }

  void a_ring_lost_on_the_way_is_opened_by_the_next_wait() {
    on_a_ring([](Ring_Rig& rig) {
      rig.add(Interest::input, 1);
      rig.peer_sends();
      in_a_thread([&] {
        Fault_Table faults;
        faults.fail<&os::Operations::ring_open>(std::errc::not_enough_memory, 1);
        Ready ready[1];
        expect_error(std::errc::not_enough_memory, rig->wait(ready, 0ns));
        rig.expect_ready(1, Ready::input);
      });
    });
  }

  void a_system_without_rings_for_one_thread_has_others() {
    if (!io_uring_allowed()) return;
    Fault_Table faults;
    faults.fail<&os::Operations::ring_open>(std::errc::not_supported, 1);
    Ring_Rig rig;
    CPPUNIT_ASSERT_EQUAL(2, faults.calls<&os::Operations::ring_open>());
    rig.add(Interest::input, 1);
    rig.peer_sends();
    rig.expect_ready(1, Ready::input);
    rig->forget(rig.handle());
    in_a_thread([&] { rig.expect_nothing(); });
    CPPUNIT_ASSERT_EQUAL(2, faults.calls<&os::Operations::ring_open>());
  }

  void a_forked_child_is_refused_and_the_parent_untouched() {
    on_a_ring([](Ring_Rig& rig) {
      rig.add(Interest::input, 1);
      rig.expect_nothing();
      const int outcome = in_a_child([&rig] {
        Ready ready[1];
        int refused = 0;
        const auto count = [&refused](const auto& result) {
          if (!result && result.error() == std::errc::operation_not_permitted) ++refused;
        };
        count(rig->wait(ready, 0ns));
        count(rig->add(rig.pair.second.get(), Interest::input, 2));
        count(rig->modify(rig.handle(), Interest::both, 2));
        count(rig->remove(rig.handle()));
        rig.demultiplexer.reset();
        return refused;
      });
      CPPUNIT_ASSERT_EQUAL(4, outcome);
      rig.peer_sends();
      rig.expect_ready(1, Ready::input);
    });
  }

 private:
  /// What a failed assertion throws there ends the test here.
  template <class Body>
  static void in_a_thread(Body body) {
    std::exception_ptr failure;
    std::thread{[&] {
      try {
        body();
      } catch (...) {
        failure = std::current_exception();
      }
    }}.join();
    if (failure) std::rethrow_exception(failure);
  }

  static Ready next(const Ring_Rig& rig) {
    Ready ready[1]{};
    while (value_of(rig->wait(ready, -1ns)) == 0) {
    }
    return ready[0];
  }

  static void expect_one(const std::vector<Ready>& ready, std::uint8_t set) {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, ready.size());
    CPPUNIT_ASSERT_EQUAL(int{set}, int{ready[0].set});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Io_Uring_Test);

}  // namespace
