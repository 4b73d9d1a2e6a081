// SPDX-License-Identifier: Apache-2.0
#include <strata/timers/Chunk_Pool.h>

#include <cstdint>
#include <set>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Failing_New.h>

using strata::Chunk_Pool;

class Chunk_Pool_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Chunk_Pool_Test);
  CPPUNIT_TEST(chunks_are_distinct_and_none_is_chunk_0);
  CPPUNIT_TEST(headers_and_entries_survive_growth);
  CPPUNIT_TEST(the_last_released_chunk_comes_first);
  CPPUNIT_TEST(without_memory_there_is_chunk_0_and_what_was_released);
  CPPUNIT_TEST_SUITE_END();

 public:
  void chunks_are_distinct_and_none_is_chunk_0() {
    std::set<std::uint32_t> seen{0};
    for (int i = 0; i < 5000; ++i) CPPUNIT_ASSERT(seen.insert(pool_.acquire()).second);
  }

  void headers_and_entries_survive_growth() {
    for (std::uint32_t chunk = 1; chunk <= 2000; ++chunk) {
      CPPUNIT_ASSERT_EQUAL(chunk, pool_.acquire());
      pool_.header(chunk).slot = chunk;
      pool_.entries(chunk)[31] = chunk;
      pool_.dead(chunk) = static_cast<std::uint8_t>(chunk);
    }
    for (std::uint32_t chunk = 1; chunk <= 2000; ++chunk) {
      CPPUNIT_ASSERT_EQUAL(chunk, pool_.header(chunk).slot);
      CPPUNIT_ASSERT_EQUAL(Chunk_Pool::Entry{chunk}, pool_.entry(chunk * Chunk_Pool::capacity + 31));
      CPPUNIT_ASSERT_EQUAL(static_cast<std::uint8_t>(chunk), pool_.dead(chunk));
    }
  }

  void the_last_released_chunk_comes_first() {
    const std::uint32_t first = pool_.acquire(), second = pool_.acquire();
    pool_.dead(second) = 9;
    pool_.release(first), pool_.release(second);
    CPPUNIT_ASSERT_EQUAL(second, pool_.acquire());
    CPPUNIT_ASSERT_EQUAL(std::uint8_t{0}, pool_.dead(second));
    CPPUNIT_ASSERT_EQUAL(first, pool_.acquire());
  }

  void without_memory_there_is_chunk_0_and_what_was_released() {
    const std::uint32_t only = pool_.acquire();
    const strata_test::Failing_New failing;
    while (pool_.acquire() != 0) {
    }
    pool_.release(only);
    CPPUNIT_ASSERT_EQUAL(only, pool_.acquire());
    CPPUNIT_ASSERT_EQUAL(0u, pool_.acquire());
  }

 private:
  Chunk_Pool pool_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(Chunk_Pool_Test);
