// SPDX-License-Identifier: Apache-2.0
// The simulator's completion port: what os::Completion_Port promises, for many seeds; tests/os_adapter asks the same of
// the kernel's.
#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <string>

#include <strata/os/Shared_Memory.h>

#include "Sim_Completion_Rig.h"

namespace {

namespace os = strata::os;
using namespace strata_test;

class Sim_Completion_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Sim_Completion_Test);
  CPPUNIT_TEST(only_a_ring_has_one);
  CPPUNIT_TEST(what_is_sent_is_received);
  CPPUNIT_TEST(an_accept_and_a_connect_meet);
  CPPUNIT_TEST(a_connect_that_is_refused_says_so);
  CPPUNIT_TEST(a_local_connect_waits_for_room_in_the_queue);
  CPPUNIT_TEST(a_file_is_written_synced_and_read);
  CPPUNIT_TEST(a_poll_tells_what_is_ready);
  CPPUNIT_TEST(a_send_waits_for_room_and_a_send_now_does_not);
  CPPUNIT_TEST(what_is_no_socket_or_no_file_is_an_error);
  CPPUNIT_TEST(one_canceled_before_it_was_handed_over_ends_once);
  CPPUNIT_TEST(one_canceled_after_that_ends_once);
  CPPUNIT_TEST(a_cancel_that_comes_late_loses_no_bytes);
  CPPUNIT_TEST(all_are_canceled_at_once);
  CPPUNIT_TEST(those_of_one_stream_act_in_order);
  CPPUNIT_TEST(lent_buffers_bring_the_whole_stream_and_its_end);
  CPPUNIT_TEST(a_stream_has_its_share_of_a_wait);
  CPPUNIT_TEST(receives_that_find_no_buffer_wait_for_one);
  CPPUNIT_TEST(who_has_waited_longest_for_a_buffer_is_served_first);
  CPPUNIT_TEST(one_that_found_no_buffer_can_be_canceled);
  CPPUNIT_TEST(a_receive_without_buffers_is_an_error);
  CPPUNIT_TEST(one_that_was_begun_keeps_its_connection_open);
  CPPUNIT_TEST(readiness_and_completions_come_from_one_wait);
  CPPUNIT_TEST(a_wait_has_no_more_than_there_is_room_for);
  CPPUNIT_TEST(what_is_abandoned_was_canceled);
  CPPUNIT_TEST_SUITE_END();

 public:
  void only_a_ring_has_one() {
    const Simulator world{1};
    CPPUNIT_ASSERT(value_of(os::open_demultiplexer("auto"))->completion_port() == nullptr);
    const auto ring = value_of(os::open_demultiplexer("io_uring"));
    CPPUNIT_ASSERT(ring->completion_port() != nullptr && ring->name() == "io_uring" && !ring->concurrent());
  }

  void what_is_sent_is_received() {
    on_seeds([](Port_Rig& rig) {
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
    on_seeds({.latency_min = 1ms, .latency_max = 2ms}, [](Port_Rig& rig, Simulator& world) {
      Listener listener = listen_on(loopback());
      os::Unique_Handle client = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
      Operation accept{Request::accept, listener.handle.get()};
      Operation connect{Request::connect, client.get()};
      connect.data = reinterpret_cast<std::byte*>(&listener.address);
      rig.port.submit(accept);
      const strata::Time_Point begin = world.now();
      CPPUNIT_ASSERT_EQUAL(0, rig.run(connect));
      CPPUNIT_ASSERT(world.now() - begin >= 2ms);
      const os::Unique_Handle server{os::Handle{rig.result_of(accept)}};
      send_text(client.get(), "x");
      CPPUNIT_ASSERT_EQUAL(std::string{"x"}, receive_text(server.get(), 1));
    });
  }

  void a_connect_that_is_refused_says_so() {
    on_seeds([](Port_Rig& rig) {
      os::Socket_Address nobody_there = listen_on(loopback()).address;
      const os::Unique_Handle client = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
      Operation connect{Request::connect, client.get()};
      connect.data = reinterpret_cast<std::byte*>(&nobody_there);
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::connection_refused), rig.run(connect));
    });
  }

  void a_local_connect_waits_for_room_in_the_queue() {
    on_seeds([](Port_Rig& rig) {
      Listener listener = listen_on(value_of(os::Socket_Address::local(std::string{"\0name", 5})), 0);
      const os::Unique_Handle first = connect_to(listener.address);
      const os::Unique_Handle second = value_of(os::open_socket(os::Family::local, os::Socket_Kind::stream));
      Operation connect{Request::connect, second.get()};
      connect.data = reinterpret_cast<std::byte*>(&listener.address);
      rig.port.submit(connect);
      take_all(rig);
      CPPUNIT_ASSERT(connect.outstanding());
      (void)value_of(os::accept(listener.handle.get()));
      CPPUNIT_ASSERT_EQUAL(0, rig.result_of(connect));
    });
  }

  void a_file_is_written_synced_and_read() {
    on_seeds([](Port_Rig& rig) {
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
    on_seeds([](Port_Rig& rig) {
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
    on_seeds([](Port_Rig& rig) {
      std::string block(1 << 20, 'x');
      Operation send{Request::send, rig.handle(), bytes_of(block)};
      Operation send_now{Request::send_now, rig.handle(), bytes_of(block)};
      CPPUNIT_ASSERT_EQUAL(65'536, rig.run(send_now));
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::resource_unavailable_try_again), rig.run(send_now));
      rig.port.submit(send);
      take_all(rig);
      CPPUNIT_ASSERT(send.outstanding());
      receive_text(rig.pair.second.get(), 60'000);
      CPPUNIT_ASSERT_EQUAL(60'000, rig.result_of(send));
    });
  }

  void what_is_no_socket_or_no_file_is_an_error() {
    on_seeds([](Port_Rig& rig) {
      std::string room(16, ' ');
      const os::Unique_Handle file = value_of(os::make_shared_memory());
      Operation receive{Request::receive, file.get(), bytes_of(room)};
      Operation read{Request::read_at, rig.handle(), bytes_of(room)};
      Operation nowhere{Request::send, os::Handle{900}, bytes_of(room)};
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::not_a_socket), rig.run(receive));
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::invalid_seek), rig.run(read));
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::bad_file_descriptor), rig.run(nowhere));
    });
  }

  void one_canceled_before_it_was_handed_over_ends_once() {
    on_seeds([](Port_Rig& rig) {
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
    on_seeds([](Port_Rig& rig) {
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

  /// It has them, or they are still there for the next one; the seed decides.
  void a_cancel_that_comes_late_loses_no_bytes() {
    std::set<std::int32_t> results;
    on_seeds([&results](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      rig.port.submit(receive);
      rig.take();
      rig.peer_sends("bytes");
      rig.port.cancel(receive);
      const std::int32_t result = rig.result_of(receive);
      results.insert(result);
      rig.port.cancel(receive);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take());
      if (result == canceled) CPPUNIT_ASSERT_EQUAL(5, rig.run(receive));
    });
    CPPUNIT_ASSERT(results == (std::set<std::int32_t>{canceled, 5}));
  }

  void all_are_canceled_at_once() {
    on_seeds([](Port_Rig& rig) {
      Audience audience{rig, 20};
      rig.take();
      Operation late{Request::receive_lent, rig.handle()};
      rig.port.submit(late);
      rig.end_all();
      CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(late));
      for (const Operation& one : audience.all) CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(one));
    });
  }

  void those_of_one_stream_act_in_order() {
    on_seeds([](Port_Rig& rig) {
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
    on_seeds([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      std::string sent;
      for (int i = 0; i < 20; ++i) {
        const std::string part(static_cast<std::size_t>(1 + i * 37 % 20'000), static_cast<char>('a' + i % 26));
        rig.peer_sends(part);
        sent += part;
        if (i % 2 == 0) rig.take();
      }
      while (rig.of(receive).bytes.size() < sent.size()) rig.take(10s);
      CPPUNIT_ASSERT(receive.outstanding());
      rig.pair.second.reset();
      CPPUNIT_ASSERT_EQUAL(0, rig.result_of(receive));
      CPPUNIT_ASSERT(sent == rig.of(receive).bytes);
    });
  }

  void a_stream_has_its_share_of_a_wait() {
    on_seeds({}, [](Port_Rig& rig, Simulator& world) {
      world.buffer_size(1 << 20);
      const os::Handle_Pair wide = value_of(os::socket_pair());
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, wide.first.get()};
      rig.port.submit(receive);
      send_text(wide.second.get(), std::string(500'000, 'x'));
      std::size_t before = 0;
      while (rig.of(receive).bytes.size() < 500'000) {
        rig.take();
        const std::size_t after = rig.of(receive).bytes.size();
        CPPUNIT_ASSERT(after - before < 64 * 1024 + 16 * 1024);
        before = after;
      }
      rig.end_all();
    });
  }

  void receives_that_find_no_buffer_wait_for_one() {
    on_seeds([](Port_Rig& rig) {
      constexpr std::size_t count = 300;
      Audience audience{rig, count};
      rig.keeps = true;
      rig.take();
      audience.crowd.all_peers_send();
      const auto served = [&] {
        return std::ranges::count_if(audience.all, [&](auto& o) { return rig.of(o).bytes == "x"; });
      };
      take_all(rig);
      CPPUNIT_ASSERT(!rig.kept.empty() && rig.kept.size() < count);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take(20ms));  // it does not spin
      CPPUNIT_ASSERT(rig.port.give_back(rig.kept.back()));
      rig.kept.pop_back();
      while (served() < static_cast<long>(count)) {
        give_back_all(rig);
        rig.take();
      }
      give_back_all(rig);
      rig.end_all();
    });
  }

  void who_has_waited_longest_for_a_buffer_is_served_first() {
    on_seeds([](Port_Rig& rig) {
      Audience audience{rig, 300};
      rig.keeps = true;
      take_all(rig);
      for (std::size_t i = 0; i < 300; ++i) {  // one after the other: so they wait in this order
        send_text(audience.crowd.pairs[i].second.get(), "x");
        take_all(rig);
      }
      std::size_t served = rig.kept.size();
      while (served < 300) {
        CPPUNIT_ASSERT_EQUAL(std::string{}, rig.of(audience.all[served]).bytes);
        rig.port.give_back(rig.kept.back());
        rig.kept.pop_back();
        while (rig.take(1ms) != 0) {
        }
        CPPUNIT_ASSERT_EQUAL(std::string{"x"}, rig.of(audience.all[served]).bytes);
        ++served;
      }
      give_back_all(rig);
      rig.end_all();
    });
  }

  void one_that_found_no_buffer_can_be_canceled() {
    on_seeds([](Port_Rig& rig) {
      Audience audience{rig, 300};
      rig.keeps = true;
      audience.crowd.all_peers_send();
      take_all(rig);
      for (Operation& one : audience.all) rig.port.cancel(one);
      for (const Operation& one : audience.all) CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(one));
    });
  }

  void a_receive_without_buffers_is_an_error() {
    on_seeds([](Port_Rig& rig) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.port.lent_size());
      Operation receive{Request::receive_lent, rig.handle()};
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::invalid_argument), rig.run(receive));
      expect_done(rig.port.lend_buffers());
      CPPUNIT_ASSERT(rig.port.lent_size() > 0);
    });
  }

  void one_that_was_begun_keeps_its_connection_open() {
    on_seeds([](Port_Rig& rig) {
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
    on_seeds([](Port_Rig& rig) {
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
    on_seeds([](Port_Rig& rig) {
      Audience audience{rig, 50};
      audience.crowd.all_peers_send();
      rig.add(os::Interest::output, 7);
      bool ready = false;
      const auto served = [&](const Operation& one) { return rig.of(one).bytes == "x"; };
      while (!ready || !std::ranges::all_of(audience.all, served)) {
        const auto some = rig.wait(3, 10s);
        CPPUNIT_ASSERT(some.size() <= 3);
        for (const Ready& one : some) ready = !rig.take(one) || ready;
      }
      rig.end_all();
    });
  }

  void what_is_abandoned_was_canceled() {
    on_seeds([](Port_Rig& rig) {
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
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Completion_Test);

}  // namespace
