// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Memory_Map.h>

#include <limits>

#include <strata/os/Shared_Memory.h>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace strata_test;
using os::Map_Access;
using os::Memory_Map;

class Memory_Map_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Memory_Map_Test);
  CPPUNIT_TEST(a_shared_mapping_is_seen_by_others);
  CPPUNIT_TEST(a_private_one_is_not);
  CPPUNIT_TEST(a_part_is_mapped_from_a_page_on);
  CPPUNIT_TEST(sizes_that_overflow_are_refused);
  CPPUNIT_TEST(an_error_of_the_system_is_told);
  CPPUNIT_TEST_SUITE_END();

  static constexpr std::size_t page = 4096;
  os::Unique_Handle memory() {
    os::Unique_Handle made = value_of(os::make_shared_memory());
    expect_done(os::resize_shared_memory(made.get(), 2 * page));
    return made;
  }

 public:
  void a_shared_mapping_is_seen_by_others() {
    const os::Unique_Handle file = memory();
    Memory_Map writer = value_of(Memory_Map::open(file.get(), 2 * page, Map_Access::shared));
    const Memory_Map reader = value_of(Memory_Map::open(file.get(), 2 * page));
    writer.bytes()[page + 7] = std::byte{42};
    CPPUNIT_ASSERT(reader.bytes()[page + 7] == std::byte{42});
    expect_done(writer.sync());
  }
  void a_private_one_is_not() {
    const os::Unique_Handle file = memory();
    Memory_Map writer = value_of(Memory_Map::open(file.get(), page, Map_Access::private_copy));
    const Memory_Map reader = value_of(Memory_Map::open(file.get(), page));
    writer.bytes()[7] = std::byte{42};
    CPPUNIT_ASSERT(reader.bytes()[7] == std::byte{});
  }
  void a_part_is_mapped_from_a_page_on() {
    const os::Unique_Handle file = memory();
    Memory_Map whole = value_of(Memory_Map::open(file.get(), 2 * page, Map_Access::shared));
    whole.bytes()[page] = std::byte{1};
    const Memory_Map second = value_of(Memory_Map::open(file.get(), 10, Map_Access::read, page));
    CPPUNIT_ASSERT(second.bytes()[0] == std::byte{1});
    CPPUNIT_ASSERT(Memory_Map::open(file.get(), 10, Map_Access::read, 1).error() == std::errc::invalid_argument);
  }
  void sizes_that_overflow_are_refused() {
    const os::Unique_Handle file = memory();
    constexpr std::uint64_t huge = std::numeric_limits<std::int64_t>::max();
    CPPUNIT_ASSERT(Memory_Map::open(file.get(), huge, Map_Access::read, page).error() == std::errc::value_too_large);
    CPPUNIT_ASSERT(Memory_Map::open(file.get(), huge + 1).error() == std::errc::value_too_large);
    CPPUNIT_ASSERT(!Memory_Map::open(file.get(), huge));
  }
  void an_error_of_the_system_is_told() {
    const os::Unique_Handle file = memory();
    Fault_Table faults;
    faults.fail<&os::Operations::memory_map>(std::errc::not_enough_memory, 1);
    CPPUNIT_ASSERT(Memory_Map::open(file.get(), page).error() == std::errc::not_enough_memory);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Memory_Map_Test);
