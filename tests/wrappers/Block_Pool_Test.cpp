// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/wrappers/Block_Pool.h>

#include "Block_Text.h"

using namespace strata;

namespace {

constexpr std::size_t size = 8192;

const std::byte* room_of(Message_Block& block) { return block.writable().data(); }

bool is_of(const Block_Pool& pool, Message_Block& block) {
  const Bytes all = pool.memory();
  const std::byte* const at = room_of(block);
  return at >= all.data() && at < all.data() + all.size();
}

}  // namespace

class Block_Pool_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Block_Pool_Test);
  CPPUNIT_TEST(a_block_is_empty_and_has_room_from_the_begin_of_a_page);
  CPPUNIT_TEST(blocks_share_no_memory);
  CPPUNIT_TEST(the_one_that_came_back_last_goes_out_first);
  CPPUNIT_TEST(one_that_was_used_comes_back_without_its_bytes);
  CPPUNIT_TEST(one_comes_back_with_its_last_duplicate);
  CPPUNIT_TEST(where_all_are_out_one_comes_from_the_heap);
  CPPUNIT_TEST(blocks_outlive_the_pool);
  CPPUNIT_TEST(a_pool_is_moved_with_what_is_out);
  CPPUNIT_TEST(a_pool_of_nothing_is_refused);
  CPPUNIT_TEST(one_too_large_is_refused);
  CPPUNIT_TEST(blocks_come_back_from_many_threads);
  CPPUNIT_TEST(blocks_come_back_while_the_pool_goes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_block_is_empty_and_has_room_from_the_begin_of_a_page() {
    Block_Pool pool = Block_Pool::make(2, size).value();
    for (int i = 0; i < 2; ++i) {
      Message_Block block = pool.take().value();
      CPPUNIT_ASSERT(block.empty());
      CPPUNIT_ASSERT_EQUAL(size, block.writable().size());
      CPPUNIT_ASSERT_EQUAL(std::uintptr_t{0}, reinterpret_cast<std::uintptr_t>(room_of(block)) % Block_Pool::page);
    }
  }

  void blocks_share_no_memory() {
    Block_Pool pool = Block_Pool::make(16, size).value();
    std::vector<Message_Block> out;
    std::set<const std::byte*> rooms;
    for (int i = 0; i < 16; ++i) {
      out.push_back(pool.take().value());
      CPPUNIT_ASSERT(is_of(pool, out.back()));
      rooms.insert(room_of(out.back()));
      CPPUNIT_ASSERT(out.back().commit(size));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, rooms.size());
    const std::byte* last = nullptr;
    for (const std::byte* const each : rooms) {
      CPPUNIT_ASSERT(last == nullptr || each >= last + size);
      last = each;
    }
  }

  void the_one_that_came_back_last_goes_out_first() {
    Block_Pool pool = Block_Pool::make(3, size).value();
    Message_Block a = pool.take().value();
    Message_Block b = pool.take().value();
    const std::byte* const room_a = room_of(a);
    const std::byte* const room_b = room_of(b);
    a.clear();
    b.clear();
    Message_Block first = pool.take().value();
    Message_Block second = pool.take().value();
    CPPUNIT_ASSERT_EQUAL(room_b, room_of(first));
    CPPUNIT_ASSERT_EQUAL(room_a, room_of(second));
  }

  void one_that_was_used_comes_back_without_its_bytes() {
    Block_Pool pool = Block_Pool::make(1, size).value();
    {
      Message_Block block = pool.take().value();
      CPPUNIT_ASSERT(block.append(as_bytes("some bytes")));
      CPPUNIT_ASSERT(block.consume(4));
    }
    Message_Block again = pool.take().value();
    CPPUNIT_ASSERT(is_of(pool, again));
    CPPUNIT_ASSERT(again.empty());
    CPPUNIT_ASSERT_EQUAL(size, again.writable().size());
  }

  void one_comes_back_with_its_last_duplicate() {
    Block_Pool pool = Block_Pool::make(1, size).value();
    Message_Block block = pool.take().value();
    CPPUNIT_ASSERT(block.append(as_bytes("abc")));
    Message_Block twin = block.duplicate().value();
    block.clear();
    CPPUNIT_ASSERT_EQUAL(std::string{"abc"}, text_of(twin));
    Message_Block other = pool.take().value();
    CPPUNIT_ASSERT(!is_of(pool, other));
    twin.clear();
    Message_Block own = pool.take().value();
    CPPUNIT_ASSERT(is_of(pool, own));
  }

  void where_all_are_out_one_comes_from_the_heap() {
    Block_Pool pool = Block_Pool::make(1, size).value();
    const Message_Block only = pool.take().value();
    Message_Block more = pool.take().value();
    CPPUNIT_ASSERT(!is_of(pool, more));
    CPPUNIT_ASSERT_EQUAL(size, more.writable().size());
  }

  void blocks_outlive_the_pool() {
    Message_Block kept, unused;
    {
      Block_Pool pool = Block_Pool::make(4, size).value();
      kept = pool.take().value();
      unused = pool.take().value();
      (void)pool.take().value();
      CPPUNIT_ASSERT(kept.append(as_bytes("still here")));
    }
    unused.clear();
    CPPUNIT_ASSERT_EQUAL(std::string{"still here"}, text_of(kept));
  }

  void a_pool_is_moved_with_what_is_out() {
    Block_Pool pool = Block_Pool::make(1, size).value();
    Message_Block block = pool.take().value();
    const std::byte* const room = room_of(block);
    Block_Pool moved = std::move(pool);
    block.clear();
    Block_Pool other;
    other = std::move(moved);
    Message_Block again = other.take().value();
    CPPUNIT_ASSERT_EQUAL(room, room_of(again));
  }

  void a_pool_of_nothing_is_refused() {
    for (const auto& [count, room] : {std::pair{0, 1}, {1, 0}}) {
      const auto made = Block_Pool::make(static_cast<std::size_t>(count), static_cast<std::size_t>(room));
      CPPUNIT_ASSERT(!made && made.error() == std::errc::invalid_argument);
    }
  }

  void one_too_large_is_refused() {
    const auto made = Block_Pool::make(std::numeric_limits<std::size_t>::max() / 4, 64);
    CPPUNIT_ASSERT(!made && made.error() == std::errc::not_enough_memory);
  }

  void blocks_come_back_from_many_threads() {
    Block_Pool pool = Block_Pool::make(64, 64).value();
    for (int round = 0; round < 100; ++round) {
      std::vector<std::jthread> crew;
      for (int i = 0; i < 4; ++i) {
        std::vector<Message_Block> batch;
        for (int j = 0; j < 16; ++j) batch.push_back(pool.take().value());
        crew.emplace_back([mine = std::move(batch)]() mutable {
          for (Message_Block& each : mine) {
            CPPUNIT_ASSERT(each.append(as_bytes("x")));
            each.clear();
          }
        });
      }
      for (int j = 0; j < 16; ++j) (void)pool.take().value();  // while they come back
    }
    std::vector<Message_Block> all;
    for (int i = 0; i < 64; ++i) {
      all.push_back(pool.take().value());
      CPPUNIT_ASSERT(is_of(pool, all.back()));
    }
  }

  void blocks_come_back_while_the_pool_goes() {
    for (int round = 0; round < 200; ++round) {
      std::jthread other;
      Block_Pool pool = Block_Pool::make(8, 64).value();
      std::vector<Message_Block> out;
      for (int j = 0; j < 6; ++j) out.push_back(pool.take().value());
      other = std::jthread{[mine = std::move(out)]() mutable { mine.clear(); }};
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Block_Pool_Test);
