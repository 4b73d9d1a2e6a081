// SPDX-License-Identifier: Apache-2.0
#include <strata/concurrency/Task.h>

#include <atomic>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/logging/Log_System.h>

#include <strata_test/Scale.h>

#include "Two_Threads.h"

namespace {

using namespace std::chrono_literals;
using strata::Message_Block;
using strata::Message_Queue;
using strata::Queue_Limits;
using strata::Task;
using strata::Time_Point;

Message_Block message(std::string_view text) { return Message_Block::copy(strata::as_bytes(text)).value(); }
std::string text(const Message_Block& message) { return std::string{strata::as_text(message.readable())}; }

class Collector final : public Task {
 public:
  using Task::Task;
  ~Collector() override { stop(); }
  std::vector<std::string> seen;  ///< by one thread; to be read after the stop

 private:
  void handle_message(Message_Block message) override {
    if (text(message) == "throw") throw std::runtime_error{"no"};
    seen.push_back(text(message));
  }
};

/// Passes each message on to the next of its ring, so often as its text says; waits for room.
class Relay final : public Task {
 public:
  Relay(Queue_Limits limits, std::atomic<int>& refused, std::atomic<int>& done)
      : Task(limits), refused_(refused), done_(done) {}
  ~Relay() override { stop(); }
  Relay* next = nullptr;

 private:
  void handle_message(Message_Block got) override {
    const int hops = std::stoi(text(got));
    if (hops == 0) return void(++done_);
    const auto sent = next->put(message(std::to_string(hops - 1)));
    if (sent || sent.error() == strata::errc::canceled) return;
    CPPUNIT_ASSERT(sent.error() == std::errc::resource_deadlock_would_occur);
    ++refused_, ++done_;
  }
  std::atomic<int>& refused_;
  std::atomic<int>& done_;
};

class Task_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Task_Test);
  CPPUNIT_TEST(messages_are_handled_in_their_order);
  CPPUNIT_TEST(what_was_put_before_the_stop_is_handled);
  CPPUNIT_TEST(after_a_stop_it_may_be_activated_again);
  CPPUNIT_TEST(several_threads_handle_at_once);
  CPPUNIT_TEST(a_put_has_a_deadline);
  CPPUNIT_TEST(a_handling_that_throws_is_counted);
  CPPUNIT_TEST(a_pulse_ends_nothing);
  CPPUNIT_TEST(a_task_that_fills_its_own_queue_is_refused);
  CPPUNIT_TEST(a_cycle_of_full_queues_goes_on);
  CPPUNIT_TEST(a_ring_under_load_neither_deadlocks_nor_loses);
  CPPUNIT_TEST(a_chain_that_is_only_slow_is_waited_for);
  CPPUNIT_TEST(where_a_thread_does_not_start_none_is_left);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { strata::Log_System::process().set_level("", strata::Log_Level::off); }

  void messages_are_handled_in_their_order() {
    Collector task;
    for (const char* one : {"a", "b"}) CPPUNIT_ASSERT(task.put(message(one)).has_value());  // they wait
    CPPUNIT_ASSERT(task.activate().has_value());
    for (const char* one : {"c", "d"}) CPPUNIT_ASSERT(task.put(message(one)).has_value());
    task.stop();
    CPPUNIT_ASSERT((task.seen == std::vector<std::string>{"a", "b", "c", "d"}));
  }

  void what_was_put_before_the_stop_is_handled() {
    Collector task;
    for (int i = 0; i < 1000; ++i) CPPUNIT_ASSERT(task.put(message("x")).has_value());
    CPPUNIT_ASSERT(task.activate().has_value());
    task.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, task.seen.size());
    Message_Block mine = message("mine");
    CPPUNIT_ASSERT(task.put(std::move(mine)).error() == strata::errc::canceled);
    CPPUNIT_ASSERT_EQUAL(std::string{"mine"}, text(mine));
  }

  void after_a_stop_it_may_be_activated_again() {
    Collector task;
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(task.activate().has_value());
      CPPUNIT_ASSERT(task.active());
      CPPUNIT_ASSERT(task.put(message("x")).has_value());
      task.stop();
      task.stop();
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, task.seen.size());
  }

  void several_threads_handle_at_once() {
    struct Meeting final : Task {
      explicit Meeting(std::latch& given) : together(given) {}
      ~Meeting() override { stop(); }
      void handle_message(Message_Block) override { together.arrive_and_wait(); }
      std::latch& together;
    };
    std::latch together{4};
    Meeting task{together};
    CPPUNIT_ASSERT(task.activate({.threads = 3, .name = "meeting"}).has_value());
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(task.put(message("x")).has_value());
    together.arrive_and_wait();
  }

  void a_put_has_a_deadline() {
    Collector task{{.high_count = 1, .low_count = 0}};
    CPPUNIT_ASSERT(task.put(message("a")).has_value());
    CPPUNIT_ASSERT(task.put(message("b"), Time_Point{}).error() == std::errc::timed_out);
    CPPUNIT_ASSERT(task.put(message("b"), strata::Clock::now() + 1ms).error() == std::errc::timed_out);
    CPPUNIT_ASSERT(task.activate().has_value());
    CPPUNIT_ASSERT(task.put(message("c"), Message_Queue::forever - 1ns).has_value());
    task.stop();
    CPPUNIT_ASSERT((task.seen == std::vector<std::string>{"a", "c"}));
  }

  void a_handling_that_throws_is_counted() {
    Collector task;
    CPPUNIT_ASSERT(task.activate().has_value());
    for (const char* one : {"throw", "a"}) CPPUNIT_ASSERT(task.put(message(one)).has_value());
    task.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, task.exceptions());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, task.seen.size());
  }

  void a_pulse_ends_nothing() {
    Collector task;
    CPPUNIT_ASSERT(task.activate().has_value());
    for (int i = 0; i < 1000; ++i) task.queue().pulse();
    CPPUNIT_ASSERT(task.put(message("a")).has_value());
    task.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, task.seen.size());
  }

  void a_task_that_fills_its_own_queue_is_refused() {
    struct Own final : Task {
      Own() : Task({.high_count = 2, .low_count = 0}) {}
      ~Own() override { stop(); }
      void handle_message(Message_Block) override {
        while (refused == 0) {
          const auto sent = put(message("again"));
          if (!sent) refused = sent.error() == std::errc::resource_deadlock_would_occur ? 1 : 2;
        }
      }
      std::atomic<int> refused = 0;
    } task;
    CPPUNIT_ASSERT(task.activate().has_value());
    CPPUNIT_ASSERT(task.put(message("x")).has_value());
    while (task.refused == 0) std::this_thread::yield();
    task.stop();
    CPPUNIT_ASSERT_EQUAL(1, task.refused.load());
  }

  void a_cycle_of_full_queues_goes_on() {
    std::atomic<int> refused{0}, done{0};
    const Queue_Limits one{.high_count = 1, .low_count = 0};
    Relay a{one, refused, done}, b{one, refused, done};
    a.next = &b, b.next = &a;
    // Each is full and holds one in hand: nobody can put, and nobody takes.
    CPPUNIT_ASSERT(a.put(message("1000")).has_value());
    CPPUNIT_ASSERT(b.put(message("1000")).has_value());
    CPPUNIT_ASSERT(a.activate().has_value() && b.activate().has_value());
    CPPUNIT_ASSERT(a.put(message("1000")).has_value());
    CPPUNIT_ASSERT(b.put(message("1000")).has_value());
    while (done < 4) std::this_thread::yield();
    a.stop(), b.stop();
  }

  void a_ring_under_load_neither_deadlocks_nor_loses() {
    std::atomic<int> refused{0}, done{0};
    const auto all = static_cast<int>(strata_test::count(1'000'000) / 5);
    std::vector<std::unique_ptr<Relay>> ring;
    for (int i = 0; i < 4; ++i) {
      ring.push_back(std::make_unique<Relay>(Queue_Limits{.high_count = 2, .low_count = 1}, refused, done));
    }
    for (std::size_t i = 0; i < ring.size(); ++i) ring[i]->next = ring[(i + 1) % ring.size()].get();
    for (std::size_t i = 0; i < ring.size(); ++i) {
      CPPUNIT_ASSERT(ring[i]->activate({.threads = 1 + static_cast<unsigned>(i % 2)}).has_value());
    }
    for (int i = 0; i < all; ++i) {
      CPPUNIT_ASSERT(ring[static_cast<std::size_t>(i) % ring.size()]->put(message("5")).has_value());
    }
    while (done < all) std::this_thread::yield();
    for (const auto& one : ring) one->stop();
    CPPUNIT_ASSERT_EQUAL(all, done.load());
  }

  void a_chain_that_is_only_slow_is_waited_for() {
    std::atomic<int> refused{0};
    struct Slow final : Task {
      Slow() : Task({.high_count = 1, .low_count = 0}) {}
      ~Slow() override { stop(); }
      void handle_message(Message_Block) override { go.wait(); }
      std::latch go{1};
    } slow;
    struct First final : Task {
      First(Task& given, std::atomic<int>& count) : to(given), failures(count) {}
      ~First() override { stop(); }
      void handle_message(Message_Block got) override {
        if (!to.put(std::move(got))) ++failures;
      }
      Task& to;
      std::atomic<int>& failures;
    } first{slow, refused};
    CPPUNIT_ASSERT(slow.activate().has_value() && first.activate().has_value());
    for (int i = 0; i < 8; ++i) CPPUNIT_ASSERT(first.put(message("x")).has_value());
    while (!slow.queue().full()) std::this_thread::yield();
    slow.go.count_down();
    first.stop();
    CPPUNIT_ASSERT_EQUAL(0, refused.load());
  }

  void where_a_thread_does_not_start_none_is_left() {
    const strata_test::Two_Threads only;
    Collector task;
    CPPUNIT_ASSERT(task.activate({.threads = 0}).error() == std::errc::invalid_argument);
    CPPUNIT_ASSERT(task.activate({.threads = 4}).error() == std::errc::resource_unavailable_try_again);
    CPPUNIT_ASSERT(!task.active());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Task_Test);
