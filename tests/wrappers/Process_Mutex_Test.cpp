// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Process_Mutex.h>

#include <chrono>
#include <optional>
#include <thread>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/wrappers/Shared_Memory.h>
#include <strata_test/Child.h>

using namespace strata;
using namespace std::chrono_literals;

namespace {

using Former = Process_Mutex::Former_Owner;

class Process_Mutex_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Process_Mutex_Test);
  CPPUNIT_TEST(one_has_it_and_another_does_not);
  CPPUNIT_TEST(its_owner_is_told_of_a_deadlock);
  CPPUNIT_TEST(only_its_owner_unlocks_it);
  CPPUNIT_TEST(a_child_that_dies_with_it_leaves_it_to_the_next);
  CPPUNIT_TEST(who_does_not_mend_gives_it_up_for_all);
  CPPUNIT_TEST(a_deadline_that_has_passed_is_told);
  CPPUNIT_TEST_SUITE_END();

  std::optional<Shared_Memory> memory_;
  std::optional<Process_Mutex> mutex_;

  static bool has(const Result<Former>& locked, Former former) { return locked && *locked == former; }
  int die_with_it() {
    return strata_test::in_a_child([this] { return Process_Mutex::at(memory_->bytes()).lock() ? 0 : 1; });
  }

 public:
  void setUp() override {
    memory_ = Shared_Memory::create(4096).value();
    mutex_ = Process_Mutex::make(memory_->bytes()).value();
  }
  void tearDown() override {
    mutex_->destroy();
    memory_.reset();
  }

  void one_has_it_and_another_does_not() {
    CPPUNIT_ASSERT(has(mutex_->lock(), Former::unlocked));
    CPPUNIT_ASSERT_EQUAL(0, strata_test::in_a_child([this] {
                           return mutex_->try_lock().error() == std::errc::device_or_resource_busy ? 0 : 1;
                         }));
    CPPUNIT_ASSERT(mutex_->unlock());
    CPPUNIT_ASSERT_EQUAL(0, strata_test::in_a_child([this] { return mutex_->try_lock() && mutex_->unlock() ? 0 : 1; }));
  }
  void its_owner_is_told_of_a_deadlock() {
    CPPUNIT_ASSERT(mutex_->lock());
    CPPUNIT_ASSERT(mutex_->lock().error() == std::errc::resource_deadlock_would_occur);
    CPPUNIT_ASSERT(mutex_->unlock());
  }
  void only_its_owner_unlocks_it() {
    CPPUNIT_ASSERT(mutex_->unlock().error() == std::errc::operation_not_permitted);
  }
  void a_child_that_dies_with_it_leaves_it_to_the_next() {
    CPPUNIT_ASSERT_EQUAL(0, die_with_it());
    CPPUNIT_ASSERT(has(mutex_->lock(), Former::died));
    CPPUNIT_ASSERT(mutex_->mend());
    CPPUNIT_ASSERT(mutex_->unlock());
    CPPUNIT_ASSERT(has(mutex_->try_lock(), Former::unlocked));
    CPPUNIT_ASSERT(mutex_->unlock());
  }
  void who_does_not_mend_gives_it_up_for_all() {
    CPPUNIT_ASSERT_EQUAL(0, die_with_it());
    CPPUNIT_ASSERT(has(mutex_->lock(), Former::died));
    CPPUNIT_ASSERT(mutex_->unlock());
    CPPUNIT_ASSERT(mutex_->lock().error() == std::errc::state_not_recoverable);
  }
  void a_deadline_that_has_passed_is_told() {
    CPPUNIT_ASSERT(mutex_->lock());
    std::thread other{[this] {
      CPPUNIT_ASSERT(mutex_->lock_until(Clock::now() - 1s).error() == std::errc::timed_out);
    }};
    other.join();
    CPPUNIT_ASSERT(mutex_->unlock());
    CPPUNIT_ASSERT(has(mutex_->lock_until(Clock::now() + 10s), Former::unlocked));
    CPPUNIT_ASSERT(mutex_->unlock());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Process_Mutex_Test);
