// SPDX-License-Identifier: Apache-2.0
// Callback_Timers as threads share them: what is due is told, and run later by whoever owns it.
#include <strata/timers/Callback_Timers.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/timers/Timer_Wheel.h>

using namespace strata;
using namespace std::chrono_literals;

class Shared_Timers_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Shared_Timers_Test);
  CPPUNIT_TEST(what_is_due_runs_when_its_owner_says_so);
  CPPUNIT_TEST(cancelled_between_due_and_run_it_never_runs);
  CPPUNIT_TEST(reset_between_due_and_run_it_fires_at_the_new_time);
  CPPUNIT_TEST(a_periodic_one_counts_on_from_when_it_was_due);
  CPPUNIT_TEST(a_periodic_one_that_comes_while_it_runs_goes_on);
  CPPUNIT_TEST(one_that_is_reset_and_comes_while_it_runs_fires);
  CPPUNIT_TEST(two_may_run_at_once_and_end_in_any_order);
  CPPUNIT_TEST(without_memory_it_is_due_again_a_tick_later);
  CPPUNIT_TEST(captures_die_when_nothing_is_held_and_it_is_told);
  CPPUNIT_TEST_SUITE_END();

 public:
  void what_is_due_runs_when_its_owner_says_so() {
    schedule(1ms, [this] { trace_ += 'a'; });
    pass(1ms);
    CPPUNIT_ASSERT_EQUAL(std::string{}, trace_);
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{"a"}, trace_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, timers_.size());
  }

  void cancelled_between_due_and_run_it_never_runs() {
    const Timer_Id id = schedule(1ms, [this] { trace_ += 'a'; });
    pass(1ms);
    CPPUNIT_ASSERT(timers_.cancel(id));
    schedule(1ms, [this] { trace_ += 'b'; });  // in the same record
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{}, trace_);
  }

  void reset_between_due_and_run_it_fires_at_the_new_time() {
    const Timer_Id id = schedule(1ms, [this] { trace_ += 'a'; });
    pass(1ms);
    CPPUNIT_ASSERT(timers_.reset(id, now_, 5ms));
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{}, trace_);
    pass(5ms);
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{"a"}, trace_);
  }

  void a_periodic_one_counts_on_from_when_it_was_due() {
    schedule(10ms, [this] { trace_ += 'p'; }, 10ms);
    pass(10ms);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, due_.size());
    pass(25ms);  // nobody has run it: it is not due a second time
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, due_.size());
    run_due();
    pass(5ms);  // at 40 ms
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{"pp"}, trace_);
  }

  void a_periodic_one_that_comes_while_it_runs_goes_on() {
    schedule(10ms, [this] {
      trace_ += 'p';
      if (trace_.size() == 1) pass(25ms);  // its upcall is late: it comes at 20 ms, seen by another thread
    }, 10ms);
    pass(10ms);
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, timers_.size());
    CPPUNIT_ASSERT(due_.empty());  // skipped
    pass(5ms);                     // at 40 ms
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{"pp"}, trace_);
  }

  void one_that_is_reset_and_comes_while_it_runs_fires() {
    Timer_Id id;
    id = schedule(10ms, [this, &id] {
      trace_ += 'r';
      if (trace_.size() > 1) return;
      CPPUNIT_ASSERT(timers_.reset(id, now_, 5ms));
      pass(6ms);
    });
    pass(10ms);
    run_due();
    pass(1ms);
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{"rr"}, trace_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, timers_.size());
  }

  void two_may_run_at_once_and_end_in_any_order() {
    schedule(1ms, [this] {
      const Timer_Id other = std::exchange(due_, {}).front();
      timers_.run_due(other);  // as another thread would
      trace_ += 'a';
    });
    schedule(1ms, [this] { trace_ += 'b'; });
    pass(1ms);
    const Timer_Id first = due_.front();
    due_.erase(due_.begin());
    timers_.run_due(first);
    CPPUNIT_ASSERT_EQUAL(std::string{"ba"}, trace_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, timers_.size());
  }

  void without_memory_it_is_due_again_a_tick_later() {
    schedule(1ms, [this] { trace_ += 'a'; });
    memory_ = false;
    pass(1ms);
    CPPUNIT_ASSERT(due_.empty());
    memory_ = true;
    pass(1ms);
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{"a"}, trace_);
  }

  void captures_die_when_nothing_is_held_and_it_is_told() {
    struct Witness {
      explicit Witness(Shared_Timers_Test* test) : of(test) {}
      Witness(Witness&& other) noexcept : of(std::exchange(other.of, nullptr)) {}
      ~Witness() {
        if (of != nullptr) of->trace_ += of->held_ == 0 && of->timers_.freeing() ? 'f' : 'h';
      }
      Shared_Timers_Test* of;
    };
    const Timer_Id id = schedule(1ms, [w = Witness{this}] {});
    timers_.cancel(id);
    schedule(1ms, [w = Witness{this}] {});
    pass(1ms);
    run_due();
    CPPUNIT_ASSERT_EQUAL(std::string{"ff"}, trace_);
    CPPUNIT_ASSERT(!timers_.freeing());
  }

 private:
  Timer_Id schedule(Duration after, Callback callback, Duration interval = {}) {
    return *timers_.schedule(now_, after, std::move(callback), interval);
  }
  void pass(Duration by) {
    now_ += by;
    ++held_;
    queue_.expire(tick_floor(now_));
    --held_;
  }
  void run_due() {
    for (const Timer_Id id : std::exchange(due_, {})) timers_.run_due(id);
  }
  bool hold(bool take) {
    if (take && held_ != 0) return false;
    held_ += take ? 1 : -1;
    return true;
  }
  bool tell(Timer_Id id) {
    if (memory_) due_.push_back(id);
    return memory_;
  }

  Time_Point now_{1s};
  int held_ = 0;
  bool memory_ = true;
  std::vector<Timer_Id> due_;
  std::string trace_;
  Timer_Wheel queue_{tick_floor(now_)};
  Callback_Timers timers_{
      queue_, 3,
      {[](void*, Callback_Timers::Due, Callback& callback) noexcept { callback(); },
       [](void* self) noexcept { return static_cast<Shared_Timers_Test*>(self)->now_; }, this,
       [](void* self, bool take) noexcept { return static_cast<Shared_Timers_Test*>(self)->hold(take); },
       [](void* self, Callback_Timers::Due due) noexcept {
         return static_cast<Shared_Timers_Test*>(self)->tell(due.id);
       }}};
};

CPPUNIT_TEST_SUITE_REGISTRATION(Shared_Timers_Test);
