// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <string>

#include <strata/os/Completion_Port.h>
#include <strata/os/Shared_Memory.h>
#include <strata/os/Thread.h>

#include "Port_Rig.h"

namespace strata_test {

/// What every os::Completion_Port does. `Ports` says of which this is: it runs a test on each by `on_each`, and by
/// `in_threads` where it has others begin; `in_threads_of_one` leaves out those that several threads may use as they
/// are. `parts` is how much a stream brings, `expect_rest` that a wait finds nothing and does not spin.
template <class Ports>
class Completion_Port_Suite : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Completion_Port_Suite);
  CPPUNIT_TEST(what_is_sent_is_received);
  CPPUNIT_TEST(an_accept_and_a_connect_meet);
  CPPUNIT_TEST(a_connect_that_is_refused_says_so);
  CPPUNIT_TEST(a_file_is_written_synced_and_read);
  CPPUNIT_TEST(memory_that_is_registered_is_written_and_read_as_other);
  CPPUNIT_TEST(a_poll_tells_what_is_ready);
  CPPUNIT_TEST(a_send_waits_for_room_and_a_send_now_does_not);
  CPPUNIT_TEST(what_is_no_socket_is_an_error);
  CPPUNIT_TEST(one_canceled_before_it_was_handed_over_ends_once);
  CPPUNIT_TEST(one_canceled_after_that_ends_once);
  CPPUNIT_TEST(a_cancel_that_comes_late_loses_no_bytes);
  CPPUNIT_TEST(all_are_canceled_at_once);
  CPPUNIT_TEST(those_of_one_stream_act_in_order);
  CPPUNIT_TEST(lent_buffers_bring_the_whole_stream_and_its_end);
  CPPUNIT_TEST(a_single_receive_takes_one_buffer_and_ends);
  CPPUNIT_TEST(a_single_receive_that_is_canceled_takes_none);
  CPPUNIT_TEST(a_receive_without_buffers_is_an_error);
  CPPUNIT_TEST(receives_that_find_no_buffer_wait_for_one_without_spinning);
  CPPUNIT_TEST(single_receives_that_find_no_buffer_wait_for_one_without_spinning);
  CPPUNIT_TEST(a_receive_without_bytes_keeps_no_buffer_from_another);
  CPPUNIT_TEST(one_that_found_no_buffer_can_be_canceled);
  CPPUNIT_TEST(one_that_was_begun_keeps_its_connection_open);
  CPPUNIT_TEST(readiness_and_completions_come_from_one_wait);
  CPPUNIT_TEST(a_wait_has_no_more_than_there_is_room_for);
  CPPUNIT_TEST(what_is_abandoned_was_canceled);
  CPPUNIT_TEST(what_was_submitted_goes_with_the_port_to_another_thread);
  CPPUNIT_TEST(another_thread_is_refused_while_operations_are_begun);
  CPPUNIT_TEST(several_threads_may_share_one);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void what_is_sent_is_received() {
    Ports::on_each([](Port_Rig& rig) {
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
    Ports::on_each([](Port_Rig& rig) {
      Listener listener = listen_on(loopback());
      os::Unique_Handle client = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
      Operation accept{Request::accept, listener.handle.get()};
      Connect connect{client.get(), listener.address};
      rig.port.submit(accept);
      CPPUNIT_ASSERT_EQUAL(0, rig.run(connect));
      const os::Unique_Handle server{os::Handle{rig.result_of(accept)}};
      send_text(client.get(), "x");
      CPPUNIT_ASSERT_EQUAL(std::string{"x"}, receive_text(server.get(), 1));
    });
  }

  void a_connect_that_is_refused_says_so() {
    Ports::on_each([](Port_Rig& rig) {
      os::Socket_Address nobody_there = listen_on(loopback()).address;
      const os::Unique_Handle client = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
      Connect connect{client.get(), nobody_there};
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::connection_refused), rig.run(connect));
    });
  }

  void a_file_is_written_synced_and_read() {
    Ports::on_each([](Port_Rig& rig) {
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

  void memory_that_is_registered_is_written_and_read_as_other() {
    Ports::on_each([](Port_Rig& rig) {
      const os::Unique_Handle file = value_of(os::make_shared_memory());
      std::string memory(8'192, '.'), other(64, '.');
      memory.replace(5'000, 10, "some bytes");
      rig.port.register_memory(bytes_of(memory));
      for (int i = 0; i < 2; ++i) {
        Operation write{Request::write_at, file.get(), bytes_of(memory).subspan(5'000, 10)};
        Operation within{Request::read_at, file.get(), bytes_of(memory).subspan(0, 64)};
        Operation beside{Request::read_at, file.get(), bytes_of(other)};
        CPPUNIT_ASSERT_EQUAL(10, rig.run(write));
        CPPUNIT_ASSERT_EQUAL(10, rig.run(within));
        CPPUNIT_ASSERT_EQUAL(10, rig.run(beside));
        Operation nothing{Request::write_at, file.get()};
        CPPUNIT_ASSERT_EQUAL(0, rig.run(nothing));
        CPPUNIT_ASSERT_EQUAL(std::string{"some bytes"}, memory.substr(0, 10));
        CPPUNIT_ASSERT_EQUAL(std::string{"some bytes"}, other.substr(0, 10));
        rig.port.unregister_memory(bytes_of(memory));
        memory.replace(0, 10, "..........");
      }
    });
  }

  void a_poll_tells_what_is_ready() {
    Ports::on_each([](Port_Rig& rig) {
      Operation poll{Request::poll, rig.handle()};
      poll.size = static_cast<std::size_t>(os::Interest::both);
      CPPUNIT_ASSERT_EQUAL(std::int32_t{Ready::output}, rig.run(poll));
      rig.told.clear();
      poll.size = static_cast<std::size_t>(os::Interest::input);
      rig.port.submit(poll);
      take_all(rig);
      CPPUNIT_ASSERT(poll.outstanding());
      rig.peer_sends();
      CPPUNIT_ASSERT_EQUAL(std::int32_t{Ready::input}, rig.result_of(poll));
    });
  }

  void a_send_waits_for_room_and_a_send_now_does_not() {
    Ports::on_each([](Port_Rig& rig) {
      std::string block(1 << 20, 'x');
      Operation send{Request::send, rig.handle(), bytes_of(block)};
      Operation send_now{Request::send_now, rig.handle(), bytes_of(block)};
      std::int32_t sent = 0;
      std::size_t all = 0;
      for (int i = 0; i < 100 && sent >= 0; ++i) {
        sent = rig.run(send_now);
        all += static_cast<std::size_t>(std::max(sent, 0));
      }
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::resource_unavailable_try_again), sent);
      rig.port.submit(send);
      take_all(rig);
      CPPUNIT_ASSERT(send.outstanding());
      receive_text(rig.pair.second.get(), all);
      CPPUNIT_ASSERT(rig.result_of(send) > 0);
    });
  }

  void what_is_no_socket_is_an_error() {
    Ports::on_each([](Port_Rig& rig) {
      std::string room(16, ' ');
      const os::Unique_Handle file = value_of(os::make_shared_memory());
      Operation receive{Request::receive, file.get(), bytes_of(room)};
      Operation nowhere{Request::send, os::Handle{900}, bytes_of(room)};
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::not_a_socket), rig.run(receive));
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::bad_file_descriptor), rig.run(nowhere));
    });
  }

  void one_canceled_before_it_was_handed_over_ends_once() {
    Ports::on_each([](Port_Rig& rig) {
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

  void one_canceled_after_that_ends_once() {
    Ports::on_each([](Port_Rig& rig) {
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

  void a_cancel_that_comes_late_loses_no_bytes() {
    Ports::on_each([](Port_Rig& rig) { cancel_late(rig); });
  }

  void all_are_canceled_at_once() {
    Ports::on_each([](Port_Rig& rig) {
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

  void those_of_one_stream_act_in_order() {
    Ports::on_each([](Port_Rig& rig) {
      std::string texts = "abcdefgh", room(8, ' ');
      std::deque<Operation> sends, receives;
      for (std::size_t i = 0; i < 8; ++i) {
        rig.port.submit(sends.emplace_back(Request::send, rig.pair.second.get(), bytes_of(texts).subspan(i, 1)));
      }
      for (const Operation& one : sends) CPPUNIT_ASSERT_EQUAL(1, rig.result_of(one));
      for (std::size_t i = 0; i < 8; ++i) {
        rig.port.submit(receives.emplace_back(Request::receive, rig.handle(), bytes_of(room).subspan(i, 1)));
      }
      for (const Operation& one : receives) CPPUNIT_ASSERT_EQUAL(1, rig.result_of(one));
      CPPUNIT_ASSERT_EQUAL(texts, room);
    });
  }

  void lent_buffers_bring_the_whole_stream_and_its_end() {
    Ports::on_each([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      std::string sent;
      for (int i = 0; i < Ports::parts; ++i) {
        const std::string part(static_cast<std::size_t>(1 + i * 37 % 20'000), static_cast<char>('a' + i % 26));
        rig.peer_sends(part);
        sent += part;
        if (i % 2 == 0) rig.take();
        while (i % 2 != 0 && rig.of(receive).bytes.size() < sent.size()) rig.take(10s);
      }
      CPPUNIT_ASSERT(receive.outstanding());
      rig.pair.second.reset();
      CPPUNIT_ASSERT_EQUAL(0, rig.result_of(receive));
      CPPUNIT_ASSERT(sent == rig.of(receive).bytes);
    });
  }

  void a_single_receive_takes_one_buffer_and_ends() {
    Ports::on_each([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent_once, rig.handle()};
      for (const char* const text : {"first", "second"}) {
        rig.port.submit(receive);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take());
        send_text(rig.pair.second.get(), text);
        CPPUNIT_ASSERT_EQUAL(static_cast<std::int32_t>(std::string{text}.size()), rig.result_of(receive));
        CPPUNIT_ASSERT_EQUAL(1, rig.of(receive).completions);
        CPPUNIT_ASSERT_EQUAL(std::string{text}, rig.of(receive).bytes);
        rig.told.clear();
      }
      rig.pair.second.reset();
      CPPUNIT_ASSERT_EQUAL(0, rig.run(receive));
      CPPUNIT_ASSERT_EQUAL(std::string{}, rig.of(receive).bytes);
    });
  }

  void a_single_receive_that_is_canceled_takes_none() {
    Ports::on_each([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent_once, rig.handle()};
      rig.port.submit(receive);
      rig.take();
      rig.port.cancel(receive);
      CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(receive));
      send_text(rig.pair.second.get(), "kept");
      CPPUNIT_ASSERT_EQUAL(4, rig.run(receive));
      CPPUNIT_ASSERT_EQUAL(std::string{"kept"}, rig.of(receive).bytes);
    });
  }

  void a_receive_without_buffers_is_an_error() {
    Ports::on_each([](Port_Rig& rig) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.port.lent_size());
      Operation receive{Request::receive_lent, rig.handle()};
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::invalid_argument), rig.run(receive));
      expect_done(rig.port.lend_buffers());
      CPPUNIT_ASSERT(rig.port.lent_size() > 0);
    });
  }

  void receives_that_find_no_buffer_wait_for_one_without_spinning() { starve(Request::receive_lent); }

  void single_receives_that_find_no_buffer_wait_for_one_without_spinning() { starve(Request::receive_lent_once); }

  /// Linux looks for a buffer before it looks for bytes.
  void a_receive_without_bytes_keeps_no_buffer_from_another() {
    Ports::on_each([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      const os::Handle_Pair idle = value_of(os::socket_pair()), busy = value_of(os::socket_pair());
      Operation all{Request::receive_lent, rig.handle()};
      Operation first{Request::receive_lent, idle.first.get()}, second{Request::receive_lent, busy.first.get()};
      rig.keeps = true;
      rig.port.submit(all);
      rig.take();
      for (std::size_t before = rig.kept.size() + 1; before != rig.kept.size();) {
        before = rig.kept.size();
        (void)os::send(rig.pair.second.get(), strata::as_bytes("x"));
        take_all(rig);
      }
      rig.port.cancel(all);
      rig.result_of(all);
      rig.port.submit(first);
      rig.port.submit(second);
      send_text(busy.second.get(), "x");
      for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take());
      CPPUNIT_ASSERT(rig.port.give_back(rig.kept.back()));
      while (rig.of(second).bytes.empty()) CPPUNIT_ASSERT(rig.take(5s) != 0);
      rig.end_all();
    });
  }

  void one_that_found_no_buffer_can_be_canceled() {
    Ports::on_each([](Port_Rig& rig) {
      Audience audience{rig, 300};
      rig.keeps = true;
      audience.crowd.all_peers_send();
      take_all(rig);
      for (Operation& one : audience.all) rig.port.cancel(one);
      for (const Operation& one : audience.all) CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(one));
    });
  }

  void one_that_was_begun_keeps_its_connection_open() {
    Ports::on_each([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      rig.port.submit(receive);
      rig.take();
      rig.pair.first.reset();
      rig.peer_sends("late");
      CPPUNIT_ASSERT_EQUAL(4, rig.result_of(receive));
      CPPUNIT_ASSERT(!os::send(rig.pair.second.get(), strata::as_bytes("x")));  // now it is closed
    });
  }

  void readiness_and_completions_come_from_one_wait() {
    Ports::on_each([](Port_Rig& rig) {
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

  void a_wait_has_no_more_than_there_is_room_for() {
    Ports::on_each([](Port_Rig& rig) {
      Audience audience{rig, 50};
      audience.crowd.all_peers_send();
      rig.add(os::Interest::output, 7);
      bool ready = false;
      const auto is_served = [&](const Operation& one) { return rig.of(one).bytes == "x"; };
      while (!ready || !std::ranges::all_of(audience.all, is_served)) {
        const auto some = rig.wait(3, 10s);
        CPPUNIT_ASSERT(some.size() <= 3);
        for (const Ready& one : some) ready = !rig.take(one) || ready;
      }
      rig.end_all();
    });
  }

  void what_is_abandoned_was_canceled() {
    Ports::on_each([](Port_Rig& rig) {
      Listener listener = listen_on(loopback());
      const os::Unique_Handle client = connect_to(listener.address);
      Operation accept{Request::accept, listener.handle.get()};
      rig.port.submit(accept);
      Audience audience{rig, 10};
      audience.crowd.all_peers_send();
      for (const Ready& one : rig.wait(1)) rig.take(one);  // much has come to something that nobody was told of
      std::array<Ready, 4> some;
      while (const std::size_t count = rig.port.abandon(some)) {
        for (std::size_t i = 0; i < count; ++i) {
          CPPUNIT_ASSERT(some[i].is(Ready::last) && !some[i].is(Ready::lent));
          CPPUNIT_ASSERT_EQUAL(canceled, some[i].result);
        }
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.port.outstanding());
      if (rig.told.contains(&accept)) os::close(os::Handle{rig.of(accept).result});
    });
  }

  void what_was_submitted_goes_with_the_port_to_another_thread() {
    Ports::in_threads([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      rig.peer_sends("bytes");
      in_another_thread([&rig, &receive] {
        while (rig.of(receive).bytes != "bytes") rig.take(10s);
        rig.port.cancel(receive);
        while (receive.outstanding()) rig.take(10s);
      });
    });
  }

  void another_thread_is_refused_while_operations_are_begun() {
    Ports::in_threads_of_one([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      rig.port.submit(receive);
      rig.take();
      expect_error(std::errc::operation_not_permitted, wait_elsewhere(rig));
      rig.peer_sends("x");
      CPPUNIT_ASSERT_EQUAL(1, rig.result_of(receive));
    });
  }

  /// Those that a thread has handed over may end with it, and are made anew (io_uring(7)).
  void several_threads_may_share_one() {
    Ports::in_threads([](Port_Rig& rig) {
      expect_done(rig->share());
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      for (std::size_t i = 1; i <= 10; ++i) {
        rig.peer_sends("x");
        in_another_thread([&rig, &receive, i] {
          while (rig.of(receive).bytes.size() < i) rig.take(10s);
        });
      }
      rig.end_all();
    });
  }

 protected:
  /// A receive that has been begun is told to end when its bytes have come: it has them, or they are still there for
  /// the next one.
  static std::int32_t cancel_late(Port_Rig& rig) {
    std::string room(16, ' ');
    Operation receive{Request::receive, rig.handle(), bytes_of(room)};
    rig.port.submit(receive);
    rig.take();
    rig.peer_sends("bytes");
    rig.port.cancel(receive);
    const std::int32_t result = rig.result_of(receive);
    CPPUNIT_ASSERT(result == 5 || result == canceled);
    rig.port.cancel(receive);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take());
    if (result == canceled) CPPUNIT_ASSERT_EQUAL(5, rig.run(receive));
    return result;
  }

 private:
  static void starve(Request how) {
    Ports::on_each([how](Port_Rig& rig) {
      constexpr std::size_t count = 480;
      Audience audience{rig, count, how};
      rig.keeps = true;
      rig.take();
      audience.crowd.all_peers_send();
      take_all(rig);
      CPPUNIT_ASSERT(!rig.kept.empty() && rig.kept.size() < count);
      Ports::expect_rest(rig);
      CPPUNIT_ASSERT(rig.port.give_back(rig.kept.back()));
      rig.kept.pop_back();
      const auto is_served = [&](const Operation& one) { return rig.of(one).bytes == "x"; };
      while (!std::ranges::all_of(audience.all, is_served)) {
        give_back_all(rig);
        rig.take();
      }
      give_back_all(rig);
      rig.end_all();
    });
  }
};

}  // namespace strata_test
