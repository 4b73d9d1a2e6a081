// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Operations.h>

#include <cstring>

#include <strata/os/Process.h>
#include <strata/os/Socket.h>
#include <strata/os/Thread.h>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace strata_test;

os::Operations with_process_id(os::Raw (*process_id)()) {
  os::Operations table = os::native_operations();
  table.process_id = process_id;
  return table;
}

class Operations_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Operations_Test);
  CPPUNIT_TEST(the_native_table_is_in_force_by_itself);
  CPPUNIT_TEST(a_native_table_has_every_entry);
  CPPUNIT_TEST(a_scope_replaces_the_table_and_gives_it_back);
  CPPUNIT_TEST(scopes_nest);
  CPPUNIT_TEST(a_table_in_force_is_seen_by_every_thread);
  CPPUNIT_TEST(a_negative_value_is_the_systems_error);
  CPPUNIT_TEST(a_value_of_the_entry_is_the_result);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_native_table_is_in_force_by_itself() {
    CPPUNIT_ASSERT(&os::operations() == &os::native_operations());
  }

  void a_native_table_has_every_entry() {
    static constexpr std::size_t entries = sizeof(os::Operations) / sizeof(void*);
    void* pointers[entries];
    std::memcpy(pointers, &os::native_operations(), sizeof pointers);
    for (const void* entry : pointers) CPPUNIT_ASSERT(entry != nullptr);
  }

  void a_scope_replaces_the_table_and_gives_it_back() {
    const os::Operations table = with_process_id([] { return os::Raw{-7}; });
    {
      const os::Operations_Scope scope{table};
      CPPUNIT_ASSERT(&os::operations() == &table);
      CPPUNIT_ASSERT_EQUAL(std::int64_t{-7}, os::process_id());
    }
    CPPUNIT_ASSERT(&os::operations() == &os::native_operations());
    CPPUNIT_ASSERT(os::process_id() > 0);
  }

  void scopes_nest() {
    const os::Operations outer = with_process_id([] { return os::Raw{1}; });
    const os::Operations inner = with_process_id([] { return os::Raw{2}; });
    const os::Operations_Scope outer_scope{outer};
    {
      const os::Operations_Scope inner_scope{inner};
      CPPUNIT_ASSERT_EQUAL(std::int64_t{2}, os::process_id());
    }
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, os::process_id());
  }

  void a_table_in_force_is_seen_by_every_thread() {
    const os::Operations table = with_process_id([] { return os::Raw{3}; });
    const os::Operations_Scope scope{table};
    std::int64_t seen = 0;
    value_of(os::spawn("reader", [&seen] { seen = os::process_id(); })).join();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{3}, seen);
  }

  void a_negative_value_is_the_systems_error() {
    Fault_Table faults;
    faults.fail<&os::Operations::receive>(std::errc::connection_reset, 1);
    std::byte room[8];
    const auto received = os::receive(os::Handle{70}, room);
    expect_error(std::errc::connection_reset, received);
    CPPUNIT_ASSERT(received.error().category() == std::generic_category());
  }

  void a_value_of_the_entry_is_the_result() {
    Fault_Table faults;
    faults.table().receive = [](os::Handle handle, std::byte*, std::size_t size) {
      return os::Raw{handle.value()} + static_cast<os::Raw>(size);
    };
    std::byte room[8];
    CPPUNIT_ASSERT_EQUAL(std::size_t{78}, value_of(os::receive(os::Handle{70}, room)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Operations_Test);

}  // namespace
