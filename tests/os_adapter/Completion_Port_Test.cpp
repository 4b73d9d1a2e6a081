// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Completion_Port.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <strata/os/Shared_Memory.h>

#include "Fault_Table.h"
#include "Kernel_Port.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;
using os::Ready;
using os::Request;

class Completion_Port_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Completion_Port_Test);
  CPPUNIT_TEST(the_others_have_none);
  CPPUNIT_TEST(what_is_sent_is_received);
  CPPUNIT_TEST(an_accept_and_a_connect_meet);
  CPPUNIT_TEST(a_connect_that_is_refused_says_so);
  CPPUNIT_TEST(a_file_is_written_synced_and_read);
  CPPUNIT_TEST(a_poll_tells_what_is_ready);
  CPPUNIT_TEST(a_send_now_does_not_wait_for_room);
  CPPUNIT_TEST(one_canceled_before_it_was_handed_over_ends_once);
  CPPUNIT_TEST(one_canceled_in_the_kernel_ends_once);
  CPPUNIT_TEST(a_cancel_that_comes_late_changes_nothing);
  CPPUNIT_TEST(all_are_canceled_at_once);
  CPPUNIT_TEST(lent_buffers_bring_the_whole_stream_and_its_end);
  CPPUNIT_TEST(a_kernel_that_knows_no_limit_is_asked_once_and_brings_the_stream_by_single_receives);
  CPPUNIT_TEST(a_receive_that_finds_no_buffer_waits_for_one_without_spinning);
  CPPUNIT_TEST(a_receive_without_bytes_keeps_no_buffer_from_another);
  CPPUNIT_TEST(one_that_found_no_buffer_can_be_canceled);
  CPPUNIT_TEST(a_stream_survives_a_full_queue_of_completions);
  CPPUNIT_TEST(a_turn_of_many_operations_is_one_system_call);
  CPPUNIT_TEST(readiness_and_completions_come_from_one_wait);
  CPPUNIT_TEST(buffers_that_are_refused_are_an_error);
  CPPUNIT_TEST(what_was_submitted_goes_with_the_ring_to_another_thread);
  CPPUNIT_TEST(another_thread_is_refused_while_the_kernel_has_operations);
  CPPUNIT_TEST(several_threads_may_share_one);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_others_have_none() {
    on_each_mechanism([](Demultiplexer_Rig& rig) {
      CPPUNIT_ASSERT_EQUAL(rig.is("io_uring"), rig->completion_port() != nullptr);
    });
  }

  void what_is_sent_is_received() {
    on_a_port([](Port_Rig& rig) {
      std::string room(16, ' '), text = "hello";
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      Operation send{Request::send, rig.pair.second.get(), bytes_of(text)};
      rig.port.submit(receive);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take());
      CPPUNIT_ASSERT_EQUAL(5, rig.run(send));
      CPPUNIT_ASSERT_EQUAL(5, rig.result_of(receive));
      CPPUNIT_ASSERT_EQUAL(text, room.substr(0, 5));
      rig.pair.second.reset();
      CPPUNIT_ASSERT_EQUAL(0, rig.run(receive));  // the end
    });
  }

  void an_accept_and_a_connect_meet() {
    on_a_port([](Port_Rig& rig) {
      Listener listener = listen_on(loopback());
      os::Unique_Handle client = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
      Operation accept{Request::accept, listener.handle.get()};
      Operation connect{Request::connect, client.get()};
      connect.data = reinterpret_cast<std::byte*>(&listener.address);
      rig.port.submit(accept);
      CPPUNIT_ASSERT_EQUAL(0, rig.run(connect));
      const os::Unique_Handle server{os::Handle{rig.result_of(accept)}};
      CPPUNIT_ASSERT(closes_on_exec(server.get()) && is_non_blocking(server.get()));
      send_text(client.get(), "x");
      CPPUNIT_ASSERT_EQUAL(std::string{"x"}, receive_text(server.get(), 1));
    });
  }

  void a_connect_that_is_refused_says_so() {
    on_a_port([](Port_Rig& rig) {
      os::Socket_Address nobody_there;
      {
        Listener listener = listen_on(loopback());
        nobody_there = listener.address;
      }
      const os::Unique_Handle client = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
      Operation connect{Request::connect, client.get()};
      connect.data = reinterpret_cast<std::byte*>(&nobody_there);
      CPPUNIT_ASSERT_EQUAL(-static_cast<std::int32_t>(std::errc::connection_refused), rig.run(connect));
    });
  }

  void a_file_is_written_synced_and_read() {
    on_a_port([](Port_Rig& rig) {
      const os::Unique_Handle file = value_of(os::make_shared_memory());
      std::string text = "some bytes", room(16, ' ');
      Operation write{Request::write_at, file.get(), bytes_of(text)};
      write.offset = 3;
      Operation sync{Request::sync, file.get()};
      Operation read{Request::read_at, file.get(), bytes_of(room)};
      read.offset = 8;
      CPPUNIT_ASSERT_EQUAL(10, rig.run(write));
      CPPUNIT_ASSERT_EQUAL(0, rig.run(sync));
      CPPUNIT_ASSERT_EQUAL(5, rig.run(read));
      CPPUNIT_ASSERT_EQUAL(std::string{"bytes"}, room.substr(0, 5));
    });
  }

  void a_poll_tells_what_is_ready() {
    on_a_port([](Port_Rig& rig) {
      Operation poll{Request::poll, rig.handle()};
      poll.size = static_cast<std::size_t>(os::Interest::both);
      CPPUNIT_ASSERT_EQUAL(std::int32_t{Ready::output}, rig.run(poll));
    });
  }

  void a_send_now_does_not_wait_for_room() {
    on_a_port([](Port_Rig& rig) {
      std::string block(1 << 20, 'x');
      Operation send{Request::send_now, rig.handle(), bytes_of(block)};
      std::int32_t sent = 0;
      for (int i = 0; i < 100 && sent >= 0; ++i) {
        sent = rig.run(send);
      }
      CPPUNIT_ASSERT_EQUAL(-static_cast<std::int32_t>(std::errc::resource_unavailable_try_again), sent);
    });
  }

  void one_canceled_before_it_was_handed_over_ends_once() {
    on_a_port([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      rig.peer_sends();
      rig.port.submit(receive);
      rig.port.cancel(receive);
      rig.port.cancel(receive);
      CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(receive));
      CPPUNIT_ASSERT_EQUAL(1, rig.run(receive));  // it may be used again
    });
  }

  void one_canceled_in_the_kernel_ends_once() {
    on_a_port([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      rig.port.submit(receive);
      rig.take();
      CPPUNIT_ASSERT(receive.outstanding());
      rig.port.cancel(receive);
      rig.port.cancel(receive);
      CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(receive));
    });
  }

  void a_cancel_that_comes_late_changes_nothing() {
    on_a_port([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      rig.port.submit(receive);
      rig.take();
      rig.peer_sends("bytes");
      rig.port.cancel(receive);  // it has them, and nobody has looked
      const std::int32_t result = rig.result_of(receive);
      CPPUNIT_ASSERT(result == 5 || result == canceled);
      rig.port.cancel(receive);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take());
    });
  }

  void all_are_canceled_at_once() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Crowd crowd{300};
      std::deque<Operation> all;
      for (std::size_t i = 0; i < 300; ++i) {
        all.emplace_back(Request::receive_lent, crowd.handle(i));
        if (i == 200) rig.take();
        rig.port.submit(all.back());
      }
      rig.end_all();
      for (const Operation& one : all) CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(one));
    });
  }

  void lent_buffers_bring_the_whole_stream_and_its_end() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      std::string sent;
      for (int i = 0; i < 1'000; ++i) {
        const std::string part(static_cast<std::size_t>(1 + i * 37 % 20'000), static_cast<char>('a' + i % 26));
        rig.peer_sends(part);
        sent += part;
        while (rig.of(receive).bytes.size() < sent.size()) rig.take(10s);
      }
      CPPUNIT_ASSERT(receive.outstanding());
      rig.pair.second.reset();
      CPPUNIT_ASSERT_EQUAL(0, rig.result_of(receive));
      CPPUNIT_ASSERT(sent == rig.of(receive).bytes);
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

  void a_receive_that_finds_no_buffer_waits_for_one_without_spinning() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      constexpr std::size_t count = 600;
      Crowd crowd{count};
      std::deque<Operation> all;
      for (std::size_t i = 0; i < count; ++i) rig.port.submit(all.emplace_back(Request::receive_lent, crowd.handle(i)));
      rig.keeps = true;
      rig.take();
      crowd.all_peers_send();
      const auto served = [&] { return std::ranges::count_if(all, [&](auto& o) { return rig.of(o).bytes == "x"; }); };
      while (rig.take() != 0) {
      }
      CPPUNIT_ASSERT(!rig.kept.empty() && rig.kept.size() < count);
      {
        Fault_Table faults;
        faults.fail<&os::Operations::ring_enter>(std::errc::io_error, 0);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take(20ms));
        CPPUNIT_ASSERT(faults.calls<&os::Operations::ring_enter>() <= 3);
      }
      while (served() < static_cast<long>(count)) {
        for (const std::uint16_t buffer : std::exchange(rig.kept, {})) rig.port.give_back(buffer);
        rig.take();
      }
      for (const std::uint16_t buffer : std::exchange(rig.kept, {})) rig.port.give_back(buffer);
      rig.end_all();
    });
  }

  /// The kernel looks for a buffer before it looks for bytes.
  void a_receive_without_bytes_keeps_no_buffer_from_another() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      const os::Handle_Pair idle = value_of(os::socket_pair()), busy = value_of(os::socket_pair());
      Operation all{Request::receive_lent, rig.handle()};
      Operation first{Request::receive_lent, idle.first.get()}, second{Request::receive_lent, busy.first.get()};
      rig.keeps = true;
      rig.port.submit(all);
      rig.take();
      do {
        (void)os::send(rig.pair.second.get(), strata::as_bytes("x"));
      } while (rig.take() != 0);
      rig.port.cancel(all);
      rig.result_of(all);
      rig.port.submit(first);
      rig.port.submit(second);
      send_text(busy.second.get(), "x");
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take());
      CPPUNIT_ASSERT(rig.port.give_back(rig.kept.back()));
      while (rig.of(second).bytes.empty()) CPPUNIT_ASSERT(rig.take(5s) != 0);
      rig.end_all();
    });
  }

  void one_that_found_no_buffer_can_be_canceled() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Crowd crowd{300};
      std::deque<Operation> all;
      for (std::size_t i = 0; i < 300; ++i) rig.port.submit(all.emplace_back(Request::receive_lent, crowd.handle(i)));
      rig.keeps = true;
      crowd.all_peers_send();
      while (rig.take() != 0) {
      }
      for (Operation& one : all) rig.port.cancel(one);
      for (Operation& one : all) CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(one));
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

  void readiness_and_completions_come_from_one_wait() {
    on_a_port([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.pair.second.get(), bytes_of(room)};
      rig.add(os::Interest::output, 7);
      rig.port.submit(receive);
      send_text(rig.handle(), "x");
      bool ready = false;
      while (!ready || receive.outstanding()) {
        for (const Ready& one : rig.wait(64, 10s)) {
          if (!rig.take(one)) ready = one.token == 7 && one.set == Ready::output;
        }
      }
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

  void what_was_submitted_goes_with_the_ring_to_another_thread() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      rig.peer_sends("bytes");
      std::thread other{[&rig, &receive] {
        while (rig.of(receive).bytes != "bytes") rig.take(10s);
        rig.port.cancel(receive);
        while (receive.outstanding()) rig.take(10s);
      }};
      other.join();
    });
  }

  void another_thread_is_refused_while_the_kernel_has_operations() {
    on_an_own_port([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      rig.port.submit(receive);
      rig.take();
      strata::Result<std::size_t> waited = 0;
      std::thread{[&rig, &waited] {
        Ready ready[1];
        waited = rig->wait(ready, 0s);
      }}.join();
      expect_error(std::errc::operation_not_permitted, waited);
      rig.peer_sends("x");
      CPPUNIT_ASSERT_EQUAL(1, rig.result_of(receive));
    });
  }

  /// Those that a thread has handed over end with it, and are made anew (io_uring(7)).
  void several_threads_may_share_one() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig->share());
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      for (std::size_t i = 1; i <= 10; ++i) {
        rig.peer_sends("x");
        std::thread{[&rig, &receive, i] {
          while (rig.of(receive).bytes.size() < i) rig.take(10s);
        }}.join();
      }
      rig.end_all();
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Completion_Port_Test);

}  // namespace
