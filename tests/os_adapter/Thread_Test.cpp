// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Thread.h>

#include <array>
#include <atomic>
#include <fstream>
#include <memory>
#include <string>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace strata_test;

class Thread_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Thread_Test);
  CPPUNIT_TEST(what_the_body_wrote_is_seen_after_join);
  CPPUNIT_TEST(the_destructor_joins);
  CPPUNIT_TEST(assignment_joins_the_thread_that_was_held);
  CPPUNIT_TEST(a_thread_is_moved_without_being_joined);
  CPPUNIT_TEST(fifteen_bytes_of_the_name_are_kept);
  CPPUNIT_TEST(the_body_is_destroyed_when_no_thread_starts);
  CPPUNIT_TEST(a_thread_runs_on_the_core_that_was_asked_for);
  CPPUNIT_TEST(a_core_that_is_not_there_is_refused);
  CPPUNIT_TEST(one_of_several_has_their_name_and_its_number);
  CPPUNIT_TEST(on_one_processor_threads_share_it_until_the_end);
  CPPUNIT_TEST_SUITE_END();

 public:
  void on_one_processor_threads_share_it_until_the_end() {
    const unsigned before = os::processors();
    unsigned inside = 0, in_another = 0;
    {
      const os::One_Processor together;
      inside = os::processors();
      os::Thread thread = value_of(os::spawn("beside", [&in_another] { in_another = os::processors(); }));
    }
    CPPUNIT_ASSERT_EQUAL(1u, inside);
    CPPUNIT_ASSERT_EQUAL(1u, in_another);
    CPPUNIT_ASSERT_EQUAL(before, os::processors());
  }

  void what_the_body_wrote_is_seen_after_join() {
    int written = 0;
    os::Thread thread = value_of(os::spawn("writer", [&written] { written = 42; }));
    CPPUNIT_ASSERT(thread.joinable());
    thread.join();
    CPPUNIT_ASSERT(!thread.joinable());
    CPPUNIT_ASSERT_EQUAL(42, written);
  }

  void the_destructor_joins() {
    int written = 0;
    { const os::Thread thread = value_of(os::spawn("writer", [&written] { written = 42; })); }
    CPPUNIT_ASSERT_EQUAL(42, written);
  }

  void assignment_joins_the_thread_that_was_held() {
    int first = 0, second = 0;
    os::Thread thread = value_of(os::spawn("first", [&first] { first = 1; }));
    thread = value_of(os::spawn("second", [&second] { second = 2; }));
    CPPUNIT_ASSERT_EQUAL(1, first);
    thread = {};
    CPPUNIT_ASSERT_EQUAL(2, second);
  }

  void a_thread_is_moved_without_being_joined() {
    std::atomic<bool> go = false;
    os::Thread first = value_of(os::spawn("waits", [&go] { go.wait(false); }));
    const os::Thread second{std::move(first)};
    CPPUNIT_ASSERT(!first.joinable());
    CPPUNIT_ASSERT(second.joinable());
    go = true;
    go.notify_one();
  }

  void fifteen_bytes_of_the_name_are_kept() {
    std::string name;
    value_of(os::spawn("a-name-of-twenty-one-bytes", [&name] {
      std::ifstream{"/proc/thread-self/comm"} >> name;
    })).join();
    CPPUNIT_ASSERT_EQUAL(std::string{"a-name-of-twent"}, name);
  }

  void the_body_is_destroyed_when_no_thread_starts() {
    Fault_Table faults;
    faults.fail<&os::Operations::thread_start>(std::errc::resource_unavailable_try_again, 1);
    const auto held = std::make_shared<int>(0);
    expect_error(std::errc::resource_unavailable_try_again, os::spawn("none", [held] { ++*held; }));
    CPPUNIT_ASSERT_EQUAL(1L, held.use_count());
    CPPUNIT_ASSERT_EQUAL(0, *held);
  }

  void a_thread_runs_on_the_core_that_was_asked_for() {
    std::string cores, wanted;
    std::ifstream status{"/proc/self/status"};
    for (std::string key; status >> key && key != "Cpus_allowed_list:";) status.ignore(4096, '\n');
    status >> wanted;
    const int core = std::stoi(wanted);  // the first that this process may use
    value_of(os::spawn("pinned", [&cores] {
      std::ifstream own{"/proc/thread-self/status"};
      for (std::string key; own >> key && key != "Cpus_allowed_list:";) own.ignore(4096, '\n');
      own >> cores;
    }, core)).join();
    CPPUNIT_ASSERT_EQUAL(std::to_string(core), cores);
    CPPUNIT_ASSERT(os::processors() >= 1);
  }

  void one_of_several_has_their_name_and_its_number() {
    std::string name;
    value_of(os::spawn_one_of("crew", 2, {}, [&name] { std::ifstream{"/proc/thread-self/comm"} >> name; })).join();
    CPPUNIT_ASSERT_EQUAL(std::string{"crew/2"}, name);
    const std::array nowhere{100'000};
    expect_error(std::errc::invalid_argument, os::spawn_one_of("crew", 3, nowhere, [] {}));
  }

  void a_core_that_is_not_there_is_refused() {
    expect_error(std::errc::invalid_argument, os::spawn("nowhere", [] {}, 1023));
    expect_error(std::errc::invalid_argument, os::spawn("nowhere", [] {}, 100'000));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Thread_Test);

}  // namespace
