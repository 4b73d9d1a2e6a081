// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Post_Queue.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Failing_New.h>
#include <strata_test/Scale.h>

namespace {

using strata::Callback;
using strata::Post_Queue;
using strata_test::count;
using Pushed = Post_Queue::Pushed;

std::unique_ptr<Post_Queue> queue_of(std::size_t capacity) {
  auto opened = Post_Queue::open(capacity);
  CPPUNIT_ASSERT(opened.has_value());
  return std::move(*opened);
}

strata::Result<Pushed> push(Post_Queue& queue, Callback callback = [] {}, std::uint64_t token = 0) {
  return queue.push(token, std::move(callback));
}

bool run_one(Post_Queue& queue) {
  Post_Queue::Post* post = queue.front();
  if (post == nullptr) return false;
  post->callback();
  queue.pop();
  return true;
}

class Post_Queue_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Post_Queue_Test);
  CPPUNIT_TEST(posts_come_out_in_order_with_their_tokens);
  CPPUNIT_TEST(capacity_is_rounded_up_to_a_power_of_two);
  CPPUNIT_TEST(a_full_queue_refuses_and_leaves_the_callback);
  CPPUNIT_TEST(what_must_arrive_finds_room_behind_the_others);
  CPPUNIT_TEST(who_can_wait_leaves_half_of_the_reserve);
  CPPUNIT_TEST(a_closed_queue_refuses_and_keeps_what_it_took);
  CPPUNIT_TEST(captures_die_as_their_post_is_popped);
  CPPUNIT_TEST(captures_of_what_was_never_popped_die_with_the_queue);
  CPPUNIT_TEST(a_light_load_never_needs_more_memory);
  CPPUNIT_TEST(a_burst_is_taken_back_in_order);
  CPPUNIT_TEST(without_memory_a_push_fails_and_a_later_one_goes_on);
  CPPUNIT_TEST(places_that_were_not_published_are_after_a_publish);
  CPPUNIT_TEST(the_first_push_of_a_sleep_wakes_and_no_other);
  CPPUNIT_TEST(no_sleep_is_announced_over_a_post);
  CPPUNIT_TEST(after_waking_by_itself_nobody_need_wake);
  CPPUNIT_TEST(a_sleep_survives_a_close_and_a_reopening);
  CPPUNIT_TEST(many_producers_lose_nothing_and_keep_their_order);
  CPPUNIT_TEST(a_sleeper_is_woken_once_for_every_sleep);
  CPPUNIT_TEST_SUITE_END();

 public:
  void posts_come_out_in_order_with_their_tokens() {
    const auto queue = queue_of(4);
    for (std::uint64_t lap = 0; lap < 10; ++lap) {
      for (std::uint64_t i = 0; i < 3; ++i) CPPUNIT_ASSERT(push(*queue, [] {}, lap * 3 + i).has_value());
      for (std::uint64_t i = 0; i < 3; ++i) {
        CPPUNIT_ASSERT_EQUAL(lap * 3 + i, queue->front()->token);
        queue->pop();
      }
      CPPUNIT_ASSERT(queue->front() == nullptr);
    }
  }

  void capacity_is_rounded_up_to_a_power_of_two() {
    for (const auto& [asked, made] : {std::pair{0, 2}, {1, 2}, {3, 4}, {4, 4}, {1000, 1024}}) {
      const auto queue = queue_of(static_cast<std::size_t>(asked));
      int taken = 0;
      while (push(*queue)) ++taken;
      CPPUNIT_ASSERT_EQUAL(made, taken);
    }
  }

  void a_full_queue_refuses_and_leaves_the_callback() {
    const auto queue = queue_of(2);
    CPPUNIT_ASSERT(push(*queue) && push(*queue));
    Callback third = [] {};
    CPPUNIT_ASSERT(queue->push(0, std::move(third)).error() == std::errc::no_buffer_space);
    CPPUNIT_ASSERT(static_cast<bool>(third));
    CPPUNIT_ASSERT(run_one(*queue));
    CPPUNIT_ASSERT(queue->push(0, std::move(third)).has_value());
    CPPUNIT_ASSERT(push(*queue).error() == std::errc::no_buffer_space);
  }

  void what_must_arrive_finds_room_behind_the_others() {
    const auto queue = queue_of(2);
    while (push(*queue)) {
    }
    std::size_t reserved = 0;
    std::vector<std::size_t> ran;
    while (queue->push(0, [&ran, reserved] { ran.push_back(reserved); }, Post_Queue::Room::reserved)) ++reserved;
    CPPUNIT_ASSERT_EQUAL(Post_Queue::reserve, reserved);
    CPPUNIT_ASSERT(run_one(*queue) && run_one(*queue) && ran.empty());  // they came before
    CPPUNIT_ASSERT(push(*queue).error() == std::errc::no_buffer_space);
    while (run_one(*queue)) {
    }
    CPPUNIT_ASSERT_EQUAL(reserved, ran.size());
    CPPUNIT_ASSERT(std::ranges::is_sorted(ran));
    CPPUNIT_ASSERT(push(*queue).has_value());
  }

  void who_can_wait_leaves_half_of_the_reserve() {
    const auto queue = queue_of(2);
    const auto fill = [&queue](Post_Queue::Room room) {
      std::size_t taken = 0;
      while (queue->push(0, [] {}, room)) ++taken;
      return taken;
    };
    CPPUNIT_ASSERT_EQUAL(2 + Post_Queue::reserve / 2, fill(Post_Queue::Room::patient));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, fill(Post_Queue::Room::shared));
    CPPUNIT_ASSERT_EQUAL(Post_Queue::reserve / 2, fill(Post_Queue::Room::reserved));
  }

  void a_closed_queue_refuses_and_keeps_what_it_took() {
    const auto queue = queue_of(4);
    int ran = 0;
    CPPUNIT_ASSERT(push(*queue, [&] { ++ran; }).has_value());
    queue->close();
    CPPUNIT_ASSERT(push(*queue).error() == strata::errc::stopping);
    CPPUNIT_ASSERT(run_one(*queue) && !run_one(*queue));
    CPPUNIT_ASSERT_EQUAL(1, ran);
    queue->reopen();
    CPPUNIT_ASSERT(push(*queue).has_value());
  }

  void captures_die_as_their_post_is_popped() {
    const auto queue = queue_of(4);
    const auto capture = std::make_shared<int>(0);
    CPPUNIT_ASSERT(push(*queue, [capture] {}).has_value());
    CPPUNIT_ASSERT_EQUAL(2L, capture.use_count());
    CPPUNIT_ASSERT(run_one(*queue));
    CPPUNIT_ASSERT_EQUAL(1L, capture.use_count());
  }

  void captures_of_what_was_never_popped_die_with_the_queue() {
    auto queue = queue_of(4);
    const auto capture = std::make_shared<int>(0);
    CPPUNIT_ASSERT(push(*queue, [capture] {}).has_value());
    queue.reset();
    CPPUNIT_ASSERT_EQUAL(1L, capture.use_count());
  }

  void a_light_load_never_needs_more_memory() {
    const auto queue = queue_of(65'536);
    for (int waiting = 0; waiting < 100; ++waiting) CPPUNIT_ASSERT(push(*queue).has_value());
    const auto pass = [&](int posts) {
      for (int i = 0; i < posts; ++i) CPPUNIT_ASSERT(push(*queue).has_value() && run_one(*queue));
    };
    pass(1000);
    const strata_test::Failing_New no_memory;
    pass(100'000);
  }

  void a_burst_is_taken_back_in_order() {
    const auto queue = queue_of(4096);
    std::uint64_t next = 0;
    for (std::uint64_t burst = 0; burst < 50; ++burst) {
      const std::uint64_t first = next;
      while (push(*queue, [] {}, next)) ++next;
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{4096}, next - first);
      for (std::uint64_t i = first; i < next; ++i) {
        CPPUNIT_ASSERT_EQUAL(i, queue->front()->token);
        queue->pop();
      }
      CPPUNIT_ASSERT(queue->front() == nullptr);
    }
  }

  void without_memory_a_push_fails_and_a_later_one_goes_on() {
    const auto queue = queue_of(4096);
    std::uint64_t pushed = 0;
    {
      const strata_test::Failing_New no_memory;
      while (push(*queue, [] {}, pushed)) ++pushed;
      CPPUNIT_ASSERT(push(*queue).error() == std::errc::not_enough_memory);
    }
    CPPUNIT_ASSERT(pushed > 0 && pushed < 4096);
    CPPUNIT_ASSERT(push(*queue, [] {}, pushed).has_value());
    for (std::uint64_t i = 0; i <= pushed; ++i) {
      CPPUNIT_ASSERT_EQUAL(i, queue->front()->token);
      queue->pop();
    }
    CPPUNIT_ASSERT(queue->front() == nullptr);
  }

  void places_that_were_not_published_are_after_a_publish() {
    const auto queue = queue_of(4096);
    while (push(*queue)) {
    }
    CPPUNIT_ASSERT(run_one(*queue));
    CPPUNIT_ASSERT(push(*queue).error() == std::errc::no_buffer_space);
    queue->publish();
    CPPUNIT_ASSERT(push(*queue).has_value());
    CPPUNIT_ASSERT(push(*queue).error() == std::errc::no_buffer_space);
  }

  void the_first_push_of_a_sleep_wakes_and_no_other() {
    const auto queue = queue_of(4);
    CPPUNIT_ASSERT(*push(*queue) == Pushed::quiet);
    CPPUNIT_ASSERT(run_one(*queue));
    CPPUNIT_ASSERT(queue->prepare_sleep());
    CPPUNIT_ASSERT(*push(*queue) == Pushed::wake);
    CPPUNIT_ASSERT(*push(*queue) == Pushed::quiet);
  }

  void no_sleep_is_announced_over_a_post() {
    const auto queue = queue_of(4);
    CPPUNIT_ASSERT(push(*queue).has_value());
    CPPUNIT_ASSERT(!queue->prepare_sleep());
    CPPUNIT_ASSERT(*push(*queue) == Pushed::quiet);
  }

  void after_waking_by_itself_nobody_need_wake() {
    const auto queue = queue_of(4);
    CPPUNIT_ASSERT(queue->prepare_sleep());
    queue->awake();
    CPPUNIT_ASSERT(*push(*queue) == Pushed::quiet);
  }

  void a_sleep_survives_a_close_and_a_reopening() {
    const auto queue = queue_of(4);
    CPPUNIT_ASSERT(queue->prepare_sleep());
    queue->close();
    CPPUNIT_ASSERT(!push(*queue).has_value());
    queue->reopen();
    CPPUNIT_ASSERT(*push(*queue) == Pushed::wake);
  }

  void many_producers_lose_nothing_and_keep_their_order() {
    constexpr std::size_t producers = 4;
    const std::size_t each = count(10'000'000);
    const auto queue = queue_of(64);
    std::vector<std::size_t> next(producers);
    bool in_order = true;
    std::vector<std::jthread> threads;
    for (std::size_t p = 0; p < producers; ++p) {
      threads.emplace_back([&, p] {
        for (std::size_t i = 0; i < each; ++i) {
          while (!push(*queue, [&, p, i] { in_order = in_order && next[p]++ == i; })) std::this_thread::yield();
        }
      });
    }
    for (std::size_t ran = 0; ran < producers * each;) {
      if (run_one(*queue)) {
        ++ran;
      } else {
        std::this_thread::yield();
      }
    }
    CPPUNIT_ASSERT(in_order);
    CPPUNIT_ASSERT(next == std::vector<std::size_t>(producers, each));
    CPPUNIT_ASSERT(!run_one(*queue));
  }

  /// The consumer really sleeps on a count of wakes: one that is lost hangs the test, one too many is counted.
  void a_sleeper_is_woken_once_for_every_sleep() {
    constexpr std::size_t producers = 3;
    const std::size_t each = count(3'000'000);
    const auto queue = queue_of(16);
    std::atomic<std::uint64_t> wakes{0};
    std::vector<std::jthread> threads;
    for (std::size_t p = 0; p < producers; ++p) {
      threads.emplace_back([&] {
        for (std::size_t i = 0; i < each; ++i) {
          strata::Result<Pushed> pushed = push(*queue);
          while (!pushed) std::this_thread::yield(), pushed = push(*queue);
          if (*pushed == Pushed::wake) wakes.fetch_add(1), wakes.notify_one();
        }
      });
    }
    std::uint64_t sleeps = 0;
    for (std::size_t ran = 0; ran < producers * each;) {
      if (run_one(*queue)) {
        ++ran;
      } else if (queue->prepare_sleep()) {
        wakes.wait(sleeps++);
      }
    }
    threads.clear();
    CPPUNIT_ASSERT_EQUAL(sleeps, wakes.load());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Post_Queue_Test);
