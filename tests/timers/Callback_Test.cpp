// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Callback.h>

#include <array>
#include <memory>
#include <utility>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Failing_New.h>

using strata::Callback;

namespace {

struct Throwing_Move {
  explicit Throwing_Move(std::shared_ptr<int> c) : count(std::move(c)) {}
  Throwing_Move(const Throwing_Move&) = default;
  Throwing_Move(Throwing_Move&& other) noexcept(false) : count(other.count) {}
  void operator()() const { ++*count; }
  std::shared_ptr<int> count;
};

}  // namespace

class Callback_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Callback_Test);
  CPPUNIT_TEST(empty_one_is_false);
  CPPUNIT_TEST(forty_captured_bytes_need_no_memory);
  CPPUNIT_TEST(captures_beyond_forty_bytes_live_on_the_heap);
  CPPUNIT_TEST(captures_that_find_no_memory_leave_it_empty);
  CPPUNIT_TEST(captures_whose_move_throws_live_on_the_heap);
  CPPUNIT_TEST(moves_take_move_only_captures_along);
  CPPUNIT_TEST(assignment_and_clear_destroy_what_was_held);
  CPPUNIT_TEST(it_is_empty_when_its_captures_die);
  CPPUNIT_TEST_SUITE_END();

 public:
  void empty_one_is_false() {
    CPPUNIT_ASSERT(!Callback{});
    CPPUNIT_ASSERT(!Callback{Callback{}});
  }

  void forty_captured_bytes_need_no_memory() {
    const strata_test::Failing_New failing;
    int sum = 0;
    const std::array<int, 8> numbers{1, 2, 3, 4, 5, 6, 7, 8};
    Callback callback{[&sum, numbers] {
      for (const int n : numbers) sum += n;
    }};
    Callback moved{std::move(callback)};
    CPPUNIT_ASSERT(moved && !callback);
    moved(), moved();
    CPPUNIT_ASSERT_EQUAL(72, sum);
  }

  void captures_beyond_forty_bytes_live_on_the_heap() {
    Callback moved{large()};
    moved();
    CPPUNIT_ASSERT_EQUAL(1, *count_);
    CPPUNIT_ASSERT_EQUAL(2L, count_.use_count());
    moved.clear();
    CPPUNIT_ASSERT_EQUAL(1L, count_.use_count());
  }

  void captures_that_find_no_memory_leave_it_empty() {
    const strata_test::Failing_New failing;
    CPPUNIT_ASSERT(!large());
    CPPUNIT_ASSERT_EQUAL(1L, count_.use_count());
  }

  void captures_whose_move_throws_live_on_the_heap() {
    Callback callback{Throwing_Move{count_}};
    const strata_test::Failing_New failing;
    CPPUNIT_ASSERT(!Callback{Throwing_Move{count_}});
    Callback moved{std::move(callback)};
    moved();
    CPPUNIT_ASSERT_EQUAL(1, *count_);
  }

  void moves_take_move_only_captures_along() {
    Callback first{[count = count_, number = std::make_unique<int>(7)] { *count += *number; }};
    Callback second;
    second = std::move(first);
    CPPUNIT_ASSERT(!first);
    second();
    CPPUNIT_ASSERT_EQUAL(7, *count_);
  }

  void assignment_and_clear_destroy_what_was_held() {
    Callback callback{[count = count_] {}};
    CPPUNIT_ASSERT_EQUAL(2L, count_.use_count());
    callback = Callback{[] {}};
    CPPUNIT_ASSERT_EQUAL(1L, count_.use_count());
    callback.clear();
    CPPUNIT_ASSERT(!callback);
  }

  void it_is_empty_when_its_captures_die() {
    Callback callback;
    bool empty = false;
    const auto look = [&](int*) { empty = !callback; };
    int mark = 0;
    callback = Callback{[held = std::unique_ptr<int, decltype(look)>(&mark, look)] {}};
    callback.clear();
    CPPUNIT_ASSERT(empty);
  }

 private:
  Callback large() {
    return Callback{[count = count_, padding = std::array<long, 8>{}] { *count += 1 + static_cast<int>(padding[0]); }};
  }

  std::shared_ptr<int> count_ = std::make_shared<int>(0);
};
CPPUNIT_TEST_SUITE_REGISTRATION(Callback_Test);
