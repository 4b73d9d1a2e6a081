// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Stack.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <typeinfo>

#include <strata/os/Thread.h>

#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;

class Stack_Test : public strata_test::Os_Fixture {
  CPPUNIT_TEST_SUITE(Stack_Test);
  CPPUNIT_TEST(another_thread_is_asked_in_the_middle_of_what_it_does);
  CPPUNIT_TEST(one_that_has_gone_is_told_of);
  CPPUNIT_TEST(each_thread_has_a_number_of_its_own);
  CPPUNIT_TEST(names_are_readable);
  CPPUNIT_TEST_SUITE_END();

 public:
  void another_thread_is_asked_in_the_middle_of_what_it_does() {
    std::atomic<std::uint64_t> who{0};
    std::atomic<bool> end{false};
    os::Thread thread = value_of(os::spawn("asked", [&] {
      who = os::current_thread();
      while (!end) std::this_thread::yield();
    }));
    while (who == 0) std::this_thread::yield();
    std::uint64_t answered_by = 0;
    std::array<const void*, 32> frames{};
    for (int i = 0; i < 3; ++i) {
      const auto depth = os::look_into(
          who, [](void* answer) { *static_cast<std::uint64_t*>(answer) = os::current_thread(); }, &answered_by, frames,
          10s);
      CPPUNIT_ASSERT_MESSAGE(depth ? "" : depth.error().message(), depth.has_value());
      CPPUNIT_ASSERT(*depth >= 2);
      CPPUNIT_ASSERT_EQUAL(who.load(), answered_by);
    }
    end = true;
  }

  void one_that_has_gone_is_told_of() {
    std::uint64_t who = 0;
    value_of(os::spawn("gone", [&who] { who = os::current_thread(); })).join();
    std::array<const void*, 4> frames;
    const auto ask = [&] { return os::look_into(who, [](void*) {}, nullptr, frames, 1ms); };
    auto depth = ask();
    while (!depth && depth.error() == std::errc::timed_out) depth = ask();  // joined, it still has its last steps to do
    CPPUNIT_ASSERT(depth.error() == std::errc::no_such_process);
  }

  void each_thread_has_a_number_of_its_own() {
    std::uint64_t other = 0;
    value_of(os::spawn("other", [&other] { other = os::current_thread(); })).join();
    CPPUNIT_ASSERT(other != 0 && other != os::current_thread());
    CPPUNIT_ASSERT_EQUAL(os::current_thread(), os::current_thread());
  }

  void names_are_readable() {
    CPPUNIT_ASSERT_EQUAL(std::string{"strata::v1::os::Thread"}, os::class_name(typeid(os::Thread).name()));
    CPPUNIT_ASSERT_EQUAL(std::string{"not mangled"}, os::class_name("not mangled"));
    CPPUNIT_ASSERT_EQUAL(std::string{"?"}, os::code_at(nullptr));
    const std::string here = os::code_at(reinterpret_cast<const void*>(&os::class_name));
    CPPUNIT_ASSERT_MESSAGE(here, here.find("os_adapter_tests") == 0 || here.find("libstrata") == 0);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Stack_Test);
