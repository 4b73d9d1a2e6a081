// SPDX-License-Identifier: Apache-2.0
// The buffers that a ring lends: which, and how many of them the kernel has.
#include <strata/os/Completion_Port.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <ranges>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "Kernel_Port.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;
using os::Ready;
using os::Request;

constexpr std::size_t all_buffers = 256;

/// Those that were lent while `deed` took completions; each was given back at once.
template <class Deed>
std::size_t lent_in(Port_Rig& rig, Deed deed) {
  std::set<std::uint16_t> buffers;
  rig.keeps = true;
  deed([&] {
    const std::size_t completions = rig.take(10s);
    for (const std::uint16_t one : std::exchange(rig.kept, {})) {
      buffers.insert(one);
      rig.port.give_back(one);
    }
    return completions;
  });
  rig.keeps = false;
  return buffers.size();
}

std::size_t lent_to_one(Port_Rig& rig, const Submission& receive, int messages) {
  return lent_in(rig, [&](auto take) {
    for (int i = 0; i < messages; ++i) {
      rig.peer_sends("x");
      const std::size_t before = rig.of(receive).bytes.size();
      while (rig.of(receive).bytes.size() == before) take();
    }
  });
}

/// All look for a buffer in the same wait.
std::size_t lent_to_crowd(Port_Rig& rig) {
  const Crowd crowd{300};
  std::deque<Operation> all;
  crowd.all_peers_send();
  const std::size_t lent = lent_in(rig, [&](auto take) {
    for (std::size_t i = 0; i < 300; ++i) rig.port.submit(all.emplace_back(Request::receive_lent, crowd.handle(i)));
    for (const Operation& one : all) {
      while (rig.of(one).bytes.empty()) take();
    }
  });
  for (Operation& one : all) rig.port.cancel(one);
  for (const Operation& one : all) CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(one));
  for (const Operation& one : all) CPPUNIT_ASSERT_EQUAL(std::string{"x"}, rig.of(one).bytes);
  rig.told.clear();
  return lent;
}

/// Takes what comes for a crowd that is more than there are buffers, until they are all lent.
void lend_all(Port_Rig& rig, const Crowd& crowd, std::deque<Operation>& all) {
  crowd.all_peers_send();
  for (std::size_t i = 0; i < crowd.pairs.size(); ++i) {
    rig.port.submit(all.emplace_back(Request::receive_lent, crowd.handle(i)));
  }
  rig.keeps = true;
  while (rig.kept.size() < all_buffers) CPPUNIT_ASSERT(rig.take(10s) != 0);
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.take());
}

class Completion_Buffers_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Completion_Buffers_Test);
  CPPUNIT_TEST(a_stream_that_gives_them_back_at_once_gets_the_same_few_again);
  CPPUNIT_TEST(where_many_look_for_one_again_and_again_there_come_to_be_more_and_then_fewer_again);
  CPPUNIT_TEST(all_of_them_can_be_lent_at_a_time_each_once);
  CPPUNIT_TEST(one_that_is_lent_stays_so_when_the_ring_moves);
  CPPUNIT_TEST(receives_that_wait_for_one_go_with_the_ring_to_another_thread);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_stream_that_gives_them_back_at_once_gets_the_same_few_again() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      CPPUNIT_ASSERT(lent_to_one(rig, receive, 1'000) < all_buffers / 4);
      rig.end_all();
    });
  }

  void where_many_look_for_one_again_and_again_there_come_to_be_more_and_then_fewer_again() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      const std::size_t few = lent_to_one(rig, receive, 200);
      CPPUNIT_ASSERT_EQUAL(few, lent_to_crowd(rig));
      std::size_t more = few;
      for (int i = 0; i < 20 && more == few; ++i) more = lent_to_crowd(rig);
      CPPUNIT_ASSERT(more > few);
      CPPUNIT_ASSERT(receive.outstanding());
      lent_to_one(rig, receive, 2'000);
      CPPUNIT_ASSERT_EQUAL(few, lent_to_one(rig, receive, 200));
      rig.end_all();
    });
  }

  void all_of_them_can_be_lent_at_a_time_each_once() {
    on_a_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      const Crowd crowd{300};
      std::deque<Operation> all;
      lend_all(rig, crowd, all);
      CPPUNIT_ASSERT_EQUAL(all_buffers, std::set(rig.kept.begin(), rig.kept.end()).size());
      for (const std::uint16_t one : std::exchange(rig.kept, {})) CPPUNIT_ASSERT(rig.port.give_back(one));
      for (const Operation& one : all) {
        while (rig.of(one).bytes.empty()) CPPUNIT_ASSERT(rig.take(10s) != 0);
      }
      rig.end_all();
    });
  }

  void one_that_is_lent_stays_so_when_the_ring_moves() {
    on_an_own_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      Operation receive{Request::receive_lent, rig.handle()};
      rig.port.submit(receive);
      rig.keeps = true;
      rig.peer_sends("x");
      while (rig.kept.empty()) rig.take(10s);
      rig.port.cancel(receive);
      rig.result_of(receive);
      std::thread{[&rig] {
        const Crowd crowd{300};
        std::deque<Operation> all;
        lend_all(rig, crowd, all);
        CPPUNIT_ASSERT_EQUAL(all_buffers, std::set(rig.kept.begin(), rig.kept.end()).size());
        rig.end_all();
      }}.join();
    });
  }

  void receives_that_wait_for_one_go_with_the_ring_to_another_thread() {
    on_an_own_port([](Port_Rig& rig) {
      expect_done(rig.port.lend_buffers());
      const Crowd crowd{300};
      std::deque<Operation> all;
      lend_all(rig, crowd, all);
      const auto served = [&](const Operation& one) { return !rig.of(one).bytes.empty(); };
      for (Operation& one : all | std::views::filter(served)) rig.port.cancel(one);
      for (const Operation& one : all | std::views::filter(served)) rig.result_of(one);
      std::thread{[&] {
        for (const std::uint16_t one : std::exchange(rig.kept, {})) rig.port.give_back(one);
        while (!std::ranges::all_of(all, served)) CPPUNIT_ASSERT(rig.take(10s) != 0);
        rig.end_all();
      }}.join();
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Completion_Buffers_Test);

}  // namespace
