// SPDX-License-Identifier: Apache-2.0
// The simulator's completion port: what every os::Completion_Port promises, for many seeds, and what it alone does.
#include <set>
#include <string>

#include "../os_adapter/Completion_Port_Suite.h"
#include "Sim_Completion_Rig.h"

namespace {

using namespace strata_test;

/// One world a seed.
struct Sim_Ports {
  static constexpr int parts = 100;
  template <class Test>
  static void on_each(Test test) {
    on_seeds(test);
  }
  template <class Test>
  static void in_threads(Test test) {
    in_threads_of_seeds(test);
  }
  template <class Test>
  static void in_threads_of_one(Test test) {
    in_threads_of_seeds(test);
  }
  static void expect_rest(Port_Rig& rig) { CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take(20ms)); }
};

class Sim_Completion_Test : public Completion_Port_Suite<Sim_Ports> {
  CPPUNIT_TEST_SUB_SUITE(Sim_Completion_Test, Completion_Port_Suite<Sim_Ports>);
  CPPUNIT_TEST(only_a_ring_has_one);
  CPPUNIT_TEST(a_connect_takes_a_round_trip);
  CPPUNIT_TEST(a_local_connect_waits_for_room_in_the_queue);
  CPPUNIT_TEST(a_send_takes_what_there_is_room_for);
  CPPUNIT_TEST(what_is_no_file_is_an_error);
  CPPUNIT_TEST(the_seed_decides_whether_a_late_cancel_finds_bytes);
  CPPUNIT_TEST(a_stream_has_its_share_of_a_wait);
  CPPUNIT_TEST(who_has_waited_longest_for_a_buffer_is_served_first);
  CPPUNIT_TEST_SUITE_END();

 public:
  void only_a_ring_has_one() {
    const Simulator world{1};
    CPPUNIT_ASSERT(value_of(os::open_demultiplexer("auto"))->completion_port() == nullptr);
    const auto ring = value_of(os::open_demultiplexer("io_uring"));
    CPPUNIT_ASSERT(ring->completion_port() != nullptr && ring->name() == "io_uring" && !ring->concurrent());
  }

  void a_connect_takes_a_round_trip() {
    on_seeds({.latency_min = 1ms, .latency_max = 2ms}, [](Port_Rig& rig, Simulator& world) {
      Listener listener = listen_on(loopback());
      const os::Unique_Handle client = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
      Operation accept{Request::accept, listener.handle.get()};
      Connect connect{client.get(), listener.address};
      rig.port.submit(accept);
      const strata::Time_Point begin = world.now();
      CPPUNIT_ASSERT_EQUAL(0, rig.run(connect));
      CPPUNIT_ASSERT(world.now() - begin >= 2ms);
      const os::Unique_Handle server{os::Handle{rig.result_of(accept)}};
      send_text(client.get(), "x");
      CPPUNIT_ASSERT_EQUAL(std::string{"x"}, receive_text(server.get(), 1));
    });
  }

  void a_local_connect_waits_for_room_in_the_queue() {
    on_seeds([](Port_Rig& rig) {
      Listener listener = listen_on(value_of(os::Socket_Address::local(std::string{"\0name", 5})), 0);
      const os::Unique_Handle first = connect_to(listener.address);
      const os::Unique_Handle second = value_of(os::open_socket(os::Family::local, os::Socket_Kind::stream));
      Connect connect{second.get(), listener.address};
      rig.port.submit(connect);
      take_all(rig);
      CPPUNIT_ASSERT(connect.outstanding());
      (void)value_of(os::accept(listener.handle.get()));
      CPPUNIT_ASSERT_EQUAL(0, rig.result_of(connect));
    });
  }

  void a_send_takes_what_there_is_room_for() {
    on_seeds([](Port_Rig& rig) {
      std::string block(1 << 20, 'x');
      Operation send{Request::send, rig.handle(), bytes_of(block)};
      Operation send_now{Request::send_now, rig.handle(), bytes_of(block)};
      CPPUNIT_ASSERT_EQUAL(65'536, rig.run(send_now));
      rig.port.submit(send);
      take_all(rig);
      receive_text(rig.pair.second.get(), 60'000);
      CPPUNIT_ASSERT_EQUAL(60'000, rig.result_of(send));
    });
  }

  void what_is_no_file_is_an_error() {
    on_seeds([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation read{Request::read_at, rig.handle(), bytes_of(room)};
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::invalid_seek), rig.run(read));
    });
  }

  void the_seed_decides_whether_a_late_cancel_finds_bytes() {
    std::set<std::int32_t> results;
    on_seeds([&results](Port_Rig& rig) { results.insert(cancel_late(rig)); });
    CPPUNIT_ASSERT(results == (std::set<std::int32_t>{canceled, 5}));
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
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Completion_Test);

}  // namespace
