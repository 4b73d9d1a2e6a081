// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Message_Queue.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata_test/Scale.h>

using namespace strata;
using namespace std::chrono_literals;

namespace {

constexpr Time_Point at_once{};

class Message_Queue_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Message_Queue_Test);
  CPPUNIT_TEST(messages_come_in_their_order);
  CPPUNIT_TEST(a_higher_priority_comes_first);
  CPPUNIT_TEST(the_head_comes_before_every_priority);
  CPPUNIT_TEST(an_empty_queue_and_a_full_one_time_out);
  CPPUNIT_TEST(a_full_queue_takes_again_at_its_low_marks);
  CPPUNIT_TEST(bytes_count_like_messages);
  CPPUNIT_TEST(a_refused_message_stays_the_callers);
  CPPUNIT_TEST(deactivated_it_takes_nothing_and_gives_what_it_has);
  CPPUNIT_TEST(deactivate_and_pulse_wake_all_who_wait);
  CPPUNIT_TEST(who_waits_goes_though_it_is_activated_again_at_once);
  CPPUNIT_TEST(a_deadline_far_away_is_waited_for);
  CPPUNIT_TEST(who_awaits_room_goes_when_there_is_some);
  CPPUNIT_TEST(a_flush_makes_room);
  CPPUNIT_TEST(the_hook_is_called_when_an_empty_queue_fills);
  CPPUNIT_TEST(no_message_is_lost_or_doubled_between_threads);
  CPPUNIT_TEST_SUITE_END();

  static Message_Block message(std::string_view text) { return Message_Block::copy(as_bytes(text)).value(); }
  static bool put(Message_Queue& queue, std::string_view text, std::uint32_t priority = 0) {
    return queue.enqueue(message(text), at_once, priority).has_value();
  }
  static std::string take(Message_Queue& queue) {
    const auto taken = queue.dequeue(at_once);
    return taken ? std::string{as_text(taken->readable())} : taken.error().message();
  }

 public:
  void messages_come_in_their_order() {
    Message_Queue queue;
    for (const char* text : {"a", "b", "c"}) put(queue, text);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, queue.count());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, queue.bytes());
    for (const char* text : {"a", "b", "c"}) CPPUNIT_ASSERT_EQUAL(std::string{text}, take(queue));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, queue.bytes());
  }

  void a_higher_priority_comes_first() {
    Message_Queue queue;
    put(queue, "low 1", 1), put(queue, "high 1", 9), put(queue, "low 2", 1), put(queue, "high 2", 9);
    for (const std::string text : {"high 1", "high 2", "low 1", "low 2"}) CPPUNIT_ASSERT_EQUAL(text, take(queue));
  }

  void the_head_comes_before_every_priority() {
    Message_Queue queue;
    put(queue, "high", ~std::uint32_t{0});
    CPPUNIT_ASSERT(queue.enqueue_head(message("second")));
    CPPUNIT_ASSERT(queue.enqueue_head(message("first")));
    for (const char* text : {"first", "second", "high"}) CPPUNIT_ASSERT_EQUAL(std::string{text}, take(queue));
  }

  void an_empty_queue_and_a_full_one_time_out() {
    Message_Queue queue{{.high_count = 1, .low_count = 0}};
    CPPUNIT_ASSERT(queue.dequeue(at_once).error() == std::errc::timed_out);
    CPPUNIT_ASSERT(queue.dequeue(Clock::now() + 1ms).error() == std::errc::timed_out);
    put(queue, "a");
    CPPUNIT_ASSERT(queue.enqueue(message("b"), at_once).error() == std::errc::timed_out);
  }

  void a_full_queue_takes_again_at_its_low_marks() {
    Message_Queue queue{{.high_count = 4, .low_count = 2}};
    for (int i = 0; i < 4; ++i) CPPUNIT_ASSERT(put(queue, "x"));
    CPPUNIT_ASSERT(!put(queue, "x"));
    take(queue);
    CPPUNIT_ASSERT(!put(queue, "x"));  // 3: between the marks
    take(queue);
    CPPUNIT_ASSERT(put(queue, "x"));
    CPPUNIT_ASSERT(put(queue, "x"));  // below the high mark again
  }

  void bytes_count_like_messages() {
    Message_Queue queue{{.high_bytes = 10, .low_bytes = 4}};
    CPPUNIT_ASSERT(put(queue, "123456789"));
    CPPUNIT_ASSERT(put(queue, "a very large one is taken whole"));
    CPPUNIT_ASSERT(!put(queue, "x"));
    take(queue), take(queue);
    CPPUNIT_ASSERT(put(queue, "x"));
  }

  void a_refused_message_stays_the_callers() {
    Message_Queue queue{{.high_count = 1, .low_count = 0}};
    put(queue, "a");
    Message_Block mine = message("mine");
    CPPUNIT_ASSERT(!queue.enqueue(std::move(mine), at_once));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, mine.length());
  }

  void deactivated_it_takes_nothing_and_gives_what_it_has() {
    Message_Queue queue;
    put(queue, "a");
    queue.deactivate();
    CPPUNIT_ASSERT(!queue.active());
    CPPUNIT_ASSERT(queue.enqueue(message("b")).error() == errc::canceled);
    CPPUNIT_ASSERT_EQUAL(std::string{"a"}, take(queue));
    CPPUNIT_ASSERT(queue.dequeue().error() == errc::canceled);
    queue.activate();
    CPPUNIT_ASSERT(put(queue, "c"));
  }

  void deactivate_and_pulse_wake_all_who_wait() {
    for (const bool pulse : {false, true}) {
      Message_Queue empty, full{{.high_count = 1, .low_count = 0}};
      put(full, "a");
      std::atomic<int> ended = 0;
      std::vector<std::jthread> waiting;
      for (int i = 0; i < 4; ++i) {
        waiting.emplace_back([&] { ended += empty.dequeue().error() == errc::canceled ? 1 : 100; });
        waiting.emplace_back([&] { ended += full.enqueue(message("b")).error() == errc::canceled ? 1 : 100; });
      }
      while (ended < 8) {  // a pulse finds only those who wait already
        pulse ? empty.pulse() : empty.deactivate();
        pulse ? full.pulse() : full.deactivate();
        std::this_thread::yield();
      }
      waiting.clear();
      CPPUNIT_ASSERT_EQUAL(8, ended.load());
      CPPUNIT_ASSERT_EQUAL(pulse, empty.active());
    }
  }

  void who_waits_goes_though_it_is_activated_again_at_once() {
    Message_Queue queue;
    std::atomic<bool> ended = false;
    std::jthread waiting{[&] {
      CPPUNIT_ASSERT(queue.dequeue().error() == errc::canceled);
      ended = true;
    }};
    while (!ended) {
      queue.deactivate();
      queue.activate();
      std::this_thread::yield();
    }
  }

  void a_deadline_far_away_is_waited_for() {
    Message_Queue queue;
    std::jthread waiting{[&] {
      const auto taken = queue.dequeue(Message_Queue::forever - 1ns);
      CPPUNIT_ASSERT(taken.has_value());
    }};
    put(queue, "a");
  }

  void who_awaits_room_goes_when_there_is_some() {
    Message_Queue queue{{.high_count = 1, .low_count = 0}};
    CPPUNIT_ASSERT(queue.await_room(at_once));
    put(queue, "a");
    CPPUNIT_ASSERT(queue.full());
    CPPUNIT_ASSERT(queue.await_room(Clock::now() + 1ms).error() == std::errc::timed_out);
    std::jthread waiting{[&] { CPPUNIT_ASSERT(queue.await_room()); }};
    take(queue);
    waiting.join();
    queue.deactivate();
    CPPUNIT_ASSERT(queue.await_room().error() == errc::canceled);
  }

  void a_flush_makes_room() {
    Message_Queue queue{{.high_count = 2, .low_count = 0}};
    put(queue, "a"), put(queue, "b");
    CPPUNIT_ASSERT(!put(queue, "c"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, queue.flush());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, queue.bytes());
    CPPUNIT_ASSERT(put(queue, "c"));
  }

  void the_hook_is_called_when_an_empty_queue_fills() {
    Message_Queue queue;
    int called = 0;
    queue.when_filled([&] {
      ++called;
      CPPUNIT_ASSERT(queue.count() != 0);  // outside of the lock
    });
    put(queue, "a"), put(queue, "b");
    CPPUNIT_ASSERT_EQUAL(1, called);
    take(queue), take(queue);
    put(queue, "c");
    CPPUNIT_ASSERT_EQUAL(2, called);
  }

  void no_message_is_lost_or_doubled_between_threads() {
    const std::uint64_t each = strata_test::count(10'000'000);
    Message_Queue queue{{.high_count = 64, .low_count = 16}};
    std::vector<std::atomic<int>> seen(2 * each);
    std::vector<std::jthread> producers, consumers;
    for (std::uint64_t first : {std::uint64_t{0}, each}) {
      producers.emplace_back([&queue, first, each] {
        for (std::uint64_t n = first; n < first + each; ++n) {
          CPPUNIT_ASSERT(queue.enqueue(Message_Block::copy(std::as_bytes(std::span{&n, 1})).value(),
                                       Message_Queue::forever, static_cast<std::uint32_t>(n % 3)));
        }
      });
    }
    for (int i = 0; i < 2; ++i) {
      consumers.emplace_back([&] {
        while (const auto taken = queue.dequeue()) {
          std::uint64_t n = 0;
          std::memcpy(&n, taken->readable().data(), sizeof n);
          ++seen[n];
        }
      });
    }
    producers.clear();
    queue.deactivate();
    consumers.clear();
    for (const std::atomic<int>& times : seen) CPPUNIT_ASSERT_EQUAL(1, times.load());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Message_Queue_Test);
