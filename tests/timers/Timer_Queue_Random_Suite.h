// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Scale.h>

#include <strata/timers/Timer_Node.h>
#include <strata/timers/Timer_Queue.h>

#include "Timer_Queue_Model.h"

/// Random operations on a queue and on the model side by side, also from within expiry.
template <class Queue>
class Timer_Queue_Trial {
 public:
  Timer_Queue_Trial(std::uint64_t seed, std::size_t timers, unsigned longest_delay_bits)
      : label_("seed " + std::to_string(seed)),
        random_(seed),
        longest_(longest_delay_bits),
        now_(delay(strata::tick_bits)),
        queue_(now_),
        model_(timers),
        timers_(timers) {
    for (unsigned kind = 0; kind < strata::Timer_Queue::kinds; ++kind) {
      queue_.set_expiry(kind, [](void* self, strata::Timer_Node& node) noexcept {
        static_cast<Timer_Queue_Trial*>(self)->fired(static_cast<Numbered&>(node));
      }, this);
    }
    for (std::size_t i = 0; i < timers; ++i) timers_[i].number = i;
  }
  ~Timer_Queue_Trial() {
    for (Numbered& timer : timers_) {
      if (timer.filed()) queue_.cancel(timer);
    }
  }

  /// Returns how many operations that were.
  std::uint64_t turn() {
    operations_ = 0;
    for (std::uint64_t count = below(2 * busy_ + 1); count != 0; --count) operate();
    if (below(8) != 0) now_ = later(below(3) == 0 ? delay(longest_) : below(3));
    expire(below(16) == 0 ? queue_.nearest() : now_);
    if (below(64) == 0) busy_ = 1 + below(64);
    return operations_;
  }

  void compare_all() const {
    std::size_t visited = 0;
    const auto visit = [&](strata::Timer_Node& node, unsigned kind) {
      const auto& timer = static_cast<Numbered&>(node);
      ++visited;
      CPPUNIT_ASSERT_MESSAGE(label_, model_.filed(timer.number));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, model_.deadline(timer.number), timer.deadline());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, kind_of(timer.number), kind);
    };
    queue_.for_each(visit);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, model_.size(), visited);
  }

 private:
  struct Numbered : strata::Timer_Node {
    std::size_t number = 0;
  };

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  static unsigned kind_of(std::size_t number) { return static_cast<unsigned>(number % strata::Timer_Queue::kinds); }
  /// Of any magnitude up to 2^bits.
  strata::Tick delay(unsigned bits) { return below(strata::Tick{1} << below(bits + 1)); }
  strata::Tick later(strata::Tick by) const { return std::min(now_ + by, strata::max_tick); }

  strata::Tick some_deadline() {
    switch (below(16)) {
      case 0: return below(now_ + 1);
      case 1: return now_;
      case 2: return ~strata::Tick{0} - below(2);
      case 3: return now_ | 255;
      case 4: return (now_ | 65535) + 1;
      case 5: case 6: case 7: return now_ + below(8);
      default: return now_ + delay(longest_);
    }
  }

  void operate() {
    ++operations_;
    Numbered& timer = timers_[below(timers_.size())];
    const strata::Tick deadline = some_deadline();
    if (!timer.filed()) {
      model_.file(timer.number, deadline);
      CPPUNIT_ASSERT_MESSAGE(label_, queue_.schedule(timer, deadline, kind_of(timer.number)).has_value());
    } else if (below(3) == 0) {
      model_.unfile(timer.number);
      queue_.cancel(timer);
    } else {
      const strata::Tick moved = below(4) == 0 ? timer.deadline() + below(4) : deadline;
      model_.refile(timer.number, moved);
      queue_.refresh(timer, moved);
    }
    CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, model_.filed(timer.number), timer.filed());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, model_.size(), queue_.size());
  }

  void expire(strata::Tick now) {
    now_ = std::max(now_, now);
    CPPUNIT_ASSERT_MESSAGE(label_, queue_.nearest() <= std::max(model_.nearest(), queue_.now()));
    model_.begin_expiry(now_);
    fired_ = 0;
    trouble_.clear();
    const std::size_t reported = queue_.expire(now_);
    CPPUNIT_ASSERT_EQUAL(std::string(), trouble_);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, fired_, reported);
    CPPUNIT_ASSERT_MESSAGE(label_ + ": one that is due did not fire", !model_.next().has_value());
    operations_ += fired_ + 1;
  }

  void fired(Numbered& timer) noexcept try {
    ++fired_;
    const auto expected = model_.next();
    CPPUNIT_ASSERT_MESSAGE(label_ + ": one fired that is not due", expected.has_value());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(label_ + ": order", *expected, timer.number);
    CPPUNIT_ASSERT_MESSAGE(label_, !timer.filed());
    for (std::uint64_t count = below(3); count != 0; --count) operate();
  } catch (const CppUnit::Exception& e) {
    if (trouble_.empty()) trouble_ = e.what();
  }

  std::string label_;
  std::mt19937_64 random_;
  unsigned longest_;
  strata::Tick now_;
  Queue queue_;
  Timer_Queue_Model model_;
  std::vector<Numbered> timers_;
  std::uint64_t busy_ = 8;
  std::uint64_t operations_ = 0;
  std::size_t fired_ = 0;
  std::string trouble_;
};

template <class Queue>
class Timer_Queue_Random_Suite : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Timer_Queue_Random_Suite);
  CPPUNIT_TEST(few_timers_with_short_delays_fire_as_the_model_says);
  CPPUNIT_TEST(timers_over_all_levels_fire_as_the_model_says);
  CPPUNIT_TEST(many_timers_fire_as_the_model_says);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void few_timers_with_short_delays_fire_as_the_model_says() { run(40'000'000, 20, 10); }
  void timers_over_all_levels_fire_as_the_model_says() { run(40'000'000, 300, strata::tick_bits); }
  void many_timers_fire_as_the_model_says() { run(20'000'000, 5000, 20); }

 private:
  void run(std::uint64_t operations, std::size_t timers, unsigned longest_delay_bits) {
    const std::uint64_t total = strata_test::count(operations);
    std::uint64_t seed = timers;
    for (std::uint64_t done = 0; done < total; ++seed) {
      Timer_Queue_Trial<Queue> trial{seed, timers, longest_delay_bits};
      for (int turns = 0; turns < 300 && done < total; ++turns) done += trial.turn();
      trial.compare_all();
    }
  }
};
