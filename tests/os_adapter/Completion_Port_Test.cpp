// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Completion_Port.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>

#include "Completion_Port_Suite.h"
#include "Fault_Table.h"
#include "Kernel_Port.h"

namespace {

using namespace strata_test;

/// The kernel's rings.
struct Kernel_Ports {
  static constexpr int parts = 1'000;
  template <class Test>
  static void on_each(Test test) {
    on_a_port(test);
  }
  template <class Test>
  static void in_threads(Test test) {
    on_a_port(test);
  }
  template <class Test>
  static void in_threads_of_one(Test test) {
    on_an_own_port(test);
  }
  static void expect_rest(Port_Rig& rig) {
    Fault_Table faults;
    faults.fail<&os::Operations::ring_enter>(std::errc::io_error, 0);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take(20ms));
    CPPUNIT_ASSERT(faults.calls<&os::Operations::ring_enter>() <= 3);
  }
};

class Completion_Port_Test : public Completion_Port_Suite<Kernel_Ports> {
  CPPUNIT_TEST_SUB_SUITE(Completion_Port_Test, Completion_Port_Suite<Kernel_Ports>);
  CPPUNIT_TEST(the_others_have_none);
  CPPUNIT_TEST(who_is_accepted_closes_on_exec_and_does_not_block);
  CPPUNIT_TEST(a_kernel_that_knows_no_limit_is_asked_once_and_brings_the_stream_by_single_receives);
  CPPUNIT_TEST(a_stream_survives_a_full_queue_of_completions);
  CPPUNIT_TEST(a_turn_of_many_operations_is_one_system_call);
  CPPUNIT_TEST(buffers_that_are_refused_are_an_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_others_have_none() {
    on_each_mechanism([](Demultiplexer_Rig& rig) {
      CPPUNIT_ASSERT_EQUAL(rig.is("io_uring"), rig->completion_port() != nullptr);
    });
  }

  void who_is_accepted_closes_on_exec_and_does_not_block() {
    on_a_port([](Port_Rig& rig) {
      const Listener listener = listen_on(loopback());
      const os::Unique_Handle client = connect_to(listener.address);
      Operation accept{Request::accept, listener.handle.get()};
      const os::Unique_Handle server{os::Handle{rig.run(accept)}};
      CPPUNIT_ASSERT(closes_on_exec(server.get()) && is_non_blocking(server.get()));
    });
  }

  void a_kernel_that_knows_no_limit_is_asked_once_and_brings_the_stream_by_single_receives() {
    on_a_port_of(Kernel::before_6_17, [](Port_Rig& rig) {
      const std::uint64_t before = Old_Ring::refusals();
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      rig.take();
      CPPUNIT_ASSERT_EQUAL(0, rig.of(receive).completions);  // nobody is told
      for (int i = 1; i <= 20; ++i) {
        rig.peer_sends("x");
        while (rig.of(receive).completions < i) rig.take(10s);
      }
      CPPUNIT_ASSERT_EQUAL(std::string(20, 'x'), rig.of(receive).bytes);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, Old_Ring::refusals() - before);
      rig.end_all();
    });
  }

  /// The kernel ends a multishot receive when it has no room to tell of it (io_uring_prep_recv_multishot(3)).
  void a_stream_survives_a_full_queue_of_completions() {
    Fault_Table faults;
    faults.table().ring_open = [](io_uring* ring, unsigned, unsigned, bool one_thread) {
      return os::native_operations().ring_open(ring, 4, 8, one_thread);
    };
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Crowd crowd{100};
      std::deque<Operation> all;
      for (std::size_t i = 0; i < 100; ++i) rig.port.submit(all.emplace_back(Request::receive_lent, crowd.handle(i)));
      for (int round = 0; round < 20; ++round) {
        const std::string text(1, static_cast<char>('a' + round));
        for (const auto& pair : crowd.pairs) send_text(pair.second.get(), text);
        if (round % 3 == 0) rig.take();
      }
      const auto whole = [&](auto& o) { return rig.of(o).bytes == "abcdefghijklmnopqrst"; };
      while (!std::ranges::all_of(all, whole)) rig.take();
      rig.end_all();
    });
  }

  void a_turn_of_many_operations_is_one_system_call() {
    on_a_port([](Port_Rig& rig) {
      Crowd crowd{100};
      std::string text = "x";
      std::deque<Operation> all;
      for (std::size_t i = 0; i < 100; ++i) {
        rig.port.submit(all.emplace_back(Request::send_now, crowd.handle(i), bytes_of(text)));
      }
      Fault_Table faults;
      faults.fail<&os::Operations::ring_enter>(std::errc::io_error, 0);
      CPPUNIT_ASSERT_EQUAL(std::size_t{100}, rig.take());
      CPPUNIT_ASSERT_EQUAL(1, faults.calls<&os::Operations::ring_enter>());
    });
  }

  void buffers_that_are_refused_are_an_error() {
    on_a_port([](Port_Rig& rig) {
      Fault_Table faults;
      faults.fail<&os::Operations::ring_lend>(std::errc::not_enough_memory, 1);
      expect_error(std::errc::not_enough_memory, rig.port.lend_buffers());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.port.lent_size());
      Operation receive{Request::receive_lent, rig.handle()};
      CPPUNIT_ASSERT(rig.run(receive) < 0);
      expect_done(rig.port.lend_buffers());
      CPPUNIT_ASSERT(rig.port.lent_size() >= 1 << 20);
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Completion_Port_Test);

}  // namespace
