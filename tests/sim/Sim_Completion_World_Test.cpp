// SPDX-License-Identifier: Apache-2.0
// The simulator's completion port among what else is simulated: faults, threads, and what the seed decides.
#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <strata/os/Thread.h>
#include <strata/os/Waker.h>

#include "Sim_Completion_Rig.h"

namespace {

using namespace strata_test;

class Sim_Completion_World_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Sim_Completion_World_Test);
  CPPUNIT_TEST(faults_meet_operations_as_they_meet_calls);
  CPPUNIT_TEST(short_transfers_and_late_ones_keep_the_stream_whole);
  CPPUNIT_TEST(whose_thread_has_begun_operations_owns_the_port);
  CPPUNIT_TEST(what_is_submitted_during_a_wait_counts_for_the_next_one);
  CPPUNIT_TEST(one_that_is_not_shared_must_not_be_used_during_a_wait);
  CPPUNIT_TEST(the_seed_decides_when_and_in_which_order);
  CPPUNIT_TEST_SUITE_END();

 public:
  void faults_meet_operations_as_they_meet_calls() {
    std::set<std::int32_t> accepted;
    on_seeds({.accept_error = 0.3, .no_descriptor = 0.3, .no_memory = 1}, [&](Port_Rig& rig, Simulator& world) {
      std::string text = "x";
      Operation send{Request::send_now, rig.handle(), bytes_of(text)};
      CPPUNIT_ASSERT_EQUAL(negated(std::errc::no_buffer_space), rig.run(send));
      world.faults().no_descriptor = 0;
      Listener listener = listen_on(loopback());
      const os::Unique_Handle client = connect_to(listener.address);
      world.faults().no_descriptor = 0.3;
      Operation accept{Request::accept, listener.handle.get()};
      std::int32_t result = 0;
      while ((result = rig.run(accept)) < 0) accepted.insert(result);
      os::close(os::Handle{result});
    });
    CPPUNIT_ASSERT(accepted.contains(negated(std::errc::too_many_files_open)));
    CPPUNIT_ASSERT(accepted.contains(negated(std::errc::protocol_error)));
  }

  void short_transfers_and_late_ones_keep_the_stream_whole() {
    on_seeds({.interrupt = 0.2, .short_read = 0.5, .short_write = 0.5, .would_block = 0.3, .late_wake = 0.3,
              .late_by = 5ms, .call_cost = 3us},
             [](Port_Rig& rig, Simulator&) {
               expect_done(rig.port.lend_buffers());
               Operation receive{Request::receive_lent, rig.handle()};
               rig.port.submit(receive);
               std::string text(30'000, ' ');
               for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
               for (std::size_t sent = 0; sent < text.size();) {
                 Operation send{Request::send, rig.pair.second.get(), bytes_of(text).subspan(sent)};
                 const std::int32_t some = rig.run(send);
                 CPPUNIT_ASSERT(some > 0);
                 sent += static_cast<std::size_t>(some);
               }
               while (rig.of(receive).bytes.size() < text.size()) rig.take(10s);
               CPPUNIT_ASSERT(text == rig.of(receive).bytes);
               rig.end_all();
             });
  }

  // --- Threads ---

  void whose_thread_has_begun_operations_owns_the_port() {
    in_threads_of_seeds([](Port_Rig& rig) {
      std::string room(16, ' ');
      Operation receive{Request::receive, rig.handle(), bytes_of(room)};
      rig.port.submit(receive);
      (void)value_of(wait_elsewhere(rig));  // which has begun it
      Ready ready[1];
      expect_error(std::errc::operation_not_permitted, rig->wait(ready, 0s));
      abandon_all(rig.port);
    });
  }

  /// Whoever submits wakes who waits, or all wait for ever: that is found out.
  void what_is_submitted_during_a_wait_counts_for_the_next_one() {
    for (const bool wakes : {true, false}) {
      Simulator world{3};
      const strata::Result<> run = world.run([&world, wakes] { submit_during_a_wait(world, wakes); });
      CPPUNIT_ASSERT(run.has_value());
      CPPUNIT_ASSERT_EQUAL(wakes, world.diagnosis().empty());
    }
  }

  void one_that_is_not_shared_must_not_be_used_during_a_wait() {
    Simulator world{1};
    (void)world.run([&world] {
      Port_Rig rig;
      Operation receive{Request::receive, rig.handle()};
      os::Thread other = value_of(os::spawn("other", [&] {
        world.advance(1ms);
        rig.port.submit(receive);
      }));
      Ready ready[4];
      expect_error(std::errc::resource_deadlock_would_occur, rig->wait(ready, 10s));
      other.join();
      abandon_all(rig.port);
    });
    CPPUNIT_ASSERT(world.diagnosis().contains("not shared"));
  }

  // --- The seed ---

  void the_seed_decides_when_and_in_which_order() {
    std::set<std::string> orders;
    std::set<std::size_t> firsts;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      const auto [order, first, hash] = run_of(seed);
      const auto again = run_of(seed);
      CPPUNIT_ASSERT_EQUAL(order, std::get<0>(again));
      CPPUNIT_ASSERT_EQUAL(hash, std::get<2>(again));
      orders.insert(order);
      firsts.insert(first);
    }
    CPPUNIT_ASSERT(orders.size() > seeds / 2);
    CPPUNIT_ASSERT(firsts.contains(8) && firsts.size() > 3);  // all at once; some later
  }

 private:
  static void submit_during_a_wait(Simulator& world, bool wakes) {
    Port_Rig rig;
    std::string room(16, ' ');
    Operation receive{Request::receive, rig.handle(), bytes_of(room)};
    os::Waker waker = value_of(os::Waker::open());
    (void)value_of(rig->add_waker(waker.handle(), 7));
    expect_done(rig->share());
    rig.peer_sends();
    os::Thread other = value_of(os::spawn("other", [&] {
      world.advance(1ms);
      rig.port.submit(receive);
      if (wakes) waker.wake();
    }));
    Ready ready[4];
    const auto first = rig->wait(ready, -1ns);
    other.join();
    CPPUNIT_ASSERT_EQUAL(wakes, first.has_value());
    if (!wakes) return abandon_all(rig.port);
    CPPUNIT_ASSERT(*first == 1 && ready[0].token == 7);
    CPPUNIT_ASSERT_EQUAL(1, rig.result_of(receive));
  }

  /// In which order eight sends on as many streams end, how many in the first wait, and the trace.
  static std::tuple<std::string, std::size_t, std::uint64_t> run_of(std::uint64_t seed) {
    Simulator world{seed};
    Port_Rig rig;
    Crowd crowd{8};
    std::string text = "x", order;
    std::deque<Operation> all;
    for (std::size_t i = 0; i < 8; ++i) {
      rig.port.submit(all.emplace_back(Request::send_now, crowd.handle(i), bytes_of(text)));
    }
    std::size_t first = 8;
    while (order.size() < 8) {
      const auto some = rig.wait(64, 10s);
      first = std::min(first, order.empty() ? some.size() : first);
      for (const Ready& one : some) {
        const auto is_it = [&one](const Operation& o) { return one.token == reinterpret_cast<std::uintptr_t>(&o); };
        order += static_cast<char>('0' + (std::ranges::find_if(all, is_it) - all.begin()));
      }
    }
    return {order, first, world.trace().hash()};
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Sim_Completion_World_Test);

}  // namespace
