// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Block_Table.h>

#include <cstdint>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Failing_New.h>

class Block_Table_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Block_Table_Test);
  CPPUNIT_TEST(objects_keep_their_address_and_value_while_it_grows);
  CPPUNIT_TEST(without_memory_it_stays_as_it_is);
  CPPUNIT_TEST_SUITE_END();

  struct Object {
    std::uint32_t value = 7;
  };
  using Table = strata::Block_Table<Object, 2>;

 public:
  void objects_keep_their_address_and_value_while_it_grows() {
    Table table;
    CPPUNIT_ASSERT(table.grow());
    const Object* first = &table[0];
    for (std::uint32_t blocks = 2; blocks <= 100; ++blocks) {
      CPPUNIT_ASSERT(table.grow());
      CPPUNIT_ASSERT_EQUAL(4 * blocks, table.size());
      CPPUNIT_ASSERT_EQUAL(7u, table[4 * blocks - 1].value);
      table[4 * blocks - 1].value = blocks;
    }
    CPPUNIT_ASSERT(first == &table[0]);
    for (std::uint32_t blocks = 2; blocks <= 100; ++blocks) CPPUNIT_ASSERT_EQUAL(blocks, table[4 * blocks - 1].value);
  }

  void without_memory_it_stays_as_it_is() {
    Table table;
    CPPUNIT_ASSERT(table.grow());
    table[3].value = 5;
    {
      const strata_test::Failing_New failing;
      CPPUNIT_ASSERT(!table.grow());
      CPPUNIT_ASSERT(!Table{}.grow());
    }
    CPPUNIT_ASSERT_EQUAL(4u, table.size());
    CPPUNIT_ASSERT(table.grow());
    CPPUNIT_ASSERT_EQUAL(5u, table[3].value);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(Block_Table_Test);
