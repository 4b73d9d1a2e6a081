// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Message_Block.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Failing_New.h>

#include "Block_Text.h"

using namespace strata;

class Message_Block_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Message_Block_Test);
  CPPUNIT_TEST(empty_chain_owns_nothing_and_does_nothing);
  CPPUNIT_TEST(written_bytes_can_be_read_once_committed);
  CPPUNIT_TEST(commit_beyond_the_room_is_refused);
  CPPUNIT_TEST(consume_beyond_the_length_is_refused_and_changes_nothing);
  CPPUNIT_TEST(chain_is_consumed_across_its_blocks);
  CPPUNIT_TEST(block_without_bytes_adds_nothing_to_a_chain);
  CPPUNIT_TEST(gather_gives_the_first_blocks_as_many_as_fit);
  CPPUNIT_TEST(duplicate_shares_the_bytes_but_not_the_positions);
  CPPUNIT_TEST(shared_memory_offers_no_room_until_the_duplicate_is_gone);
  CPPUNIT_TEST(duplicate_outlives_the_original);
  CPPUNIT_TEST(small_appends_fill_one_block);
  CPPUNIT_TEST(append_to_a_duplicate_leaves_the_original_alone);
  CPPUNIT_TEST(moved_from_chain_is_empty_and_usable);
  CPPUNIT_TEST(self_move_keeps_the_chain);
  CPPUNIT_TEST(foreign_memory_is_released_with_its_last_duplicate);
  CPPUNIT_TEST(release_may_drop_another_chain);
  CPPUNIT_TEST(static_memory_needs_no_release);
  CPPUNIT_TEST(oversized_block_is_refused);
  CPPUNIT_TEST(length_of_a_chain_never_overflows);
  CPPUNIT_TEST(failed_allocation_is_an_error_and_changes_nothing);
  CPPUNIT_TEST(failed_wrap_leaves_the_memory_with_the_caller);
  CPPUNIT_TEST(every_failure_inside_a_long_duplicate_leaks_nothing);
  CPPUNIT_TEST(million_blocks_are_released_without_recursion);
  CPPUNIT_TEST_SUITE_END();

  static void expect(std::errc code, const auto& result) {
    CPPUNIT_ASSERT(!result);
    CPPUNIT_ASSERT(result.error() == code);
  }

  static Message_Block chain_of(std::initializer_list<std::string_view> parts) {
    Message_Block chain;
    for (const std::string_view part : parts) CPPUNIT_ASSERT(chain.cont(block_of(part)));
    return chain;
  }

  /// Pretends to be `size` bytes long; never read.
  static Message_Block huge(std::size_t size) {
    static const std::byte start{};
    return Message_Block::wrap({&start, size}).value();
  }

 public:
  void empty_chain_owns_nothing_and_does_nothing() {
    Message_Block chain;
    CPPUNIT_ASSERT(chain.empty() && chain.readable().empty() && chain.writable().empty());
    CPPUNIT_ASSERT(chain.consume(0) && chain.commit(0) && chain.append({}) && chain.cont({}));
    CPPUNIT_ASSERT(chain.duplicate()->empty());
    CPPUNIT_ASSERT(chain.writable().empty());
  }

  void written_bytes_can_be_read_once_committed() {
    Message_Block block = Message_Block::make(8).value();
    std::memcpy(block.writable().data(), "strata", 6);
    CPPUNIT_ASSERT(block.empty());
    CPPUNIT_ASSERT(block.commit(6));
    CPPUNIT_ASSERT_EQUAL(std::string("strata"), text_of(block));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, block.writable().size());
  }

  void commit_beyond_the_room_is_refused() {
    Message_Block block = Message_Block::make(8).value();
    expect(std::errc::result_out_of_range, block.commit(9));
    expect(std::errc::result_out_of_range, block.commit(std::numeric_limits<std::size_t>::max()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{8}, block.writable().size());
  }

  void consume_beyond_the_length_is_refused_and_changes_nothing() {
    Message_Block chain = chain_of({"ab", "cd"});
    expect(std::errc::result_out_of_range, chain.consume(5));
    expect(std::errc::result_out_of_range, chain.consume(std::numeric_limits<std::size_t>::max()));
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), text_of(chain));
  }

  void chain_is_consumed_across_its_blocks() {
    Message_Block chain = chain_of({"ab", "cde", "f"});
    CPPUNIT_ASSERT(chain.consume(3));
    CPPUNIT_ASSERT_EQUAL(std::string("def"), text_of(chain));
    CPPUNIT_ASSERT_EQUAL(std::string_view("de"), as_text(chain.readable()));
    CPPUNIT_ASSERT(chain.consume(3));
    CPPUNIT_ASSERT(chain.empty() && chain.readable().empty());
    CPPUNIT_ASSERT(chain.append(as_bytes("g")));
    CPPUNIT_ASSERT_EQUAL(std::string("g"), text_of(chain));
  }

  void block_without_bytes_adds_nothing_to_a_chain() {
    Message_Block chain = Message_Block::make(8).value();
    CPPUNIT_ASSERT(chain.cont(block_of("a")));
    CPPUNIT_ASSERT(chain.cont(Message_Block::make(8).value()));
    CPPUNIT_ASSERT(chain.cont(block_of("b")));
    std::array<Const_Bytes, 8> parts;
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, chain.gather(parts));
    CPPUNIT_ASSERT_EQUAL(std::string("ab"), text_of(chain));
  }

  void gather_gives_the_first_blocks_as_many_as_fit() {
    const Message_Block chain = chain_of({"ab", "cd", "ef"});
    std::array<Const_Bytes, 2> parts;
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, chain.gather(parts));
    CPPUNIT_ASSERT_EQUAL(std::string_view("ab"), as_text(parts[0]));
    CPPUNIT_ASSERT_EQUAL(std::string_view("cd"), as_text(parts[1]));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, chain.gather({}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, Message_Block::make(8)->gather(parts));
  }

  void duplicate_shares_the_bytes_but_not_the_positions() {
    Message_Block chain = chain_of({"ab", "cd"});
    Message_Block twin = chain.duplicate().value();
    CPPUNIT_ASSERT(chain.readable().data() == twin.readable().data());
    CPPUNIT_ASSERT(chain.consume(3));
    CPPUNIT_ASSERT_EQUAL(std::string("d"), text_of(chain));
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), text_of(twin));
  }

  void shared_memory_offers_no_room_until_the_duplicate_is_gone() {
    Message_Block block = Message_Block::make(8).value();
    CPPUNIT_ASSERT(block.append(as_bytes("ab")));
    Message_Block twin = block.duplicate().value();
    CPPUNIT_ASSERT(block.writable().empty() && twin.writable().empty());
    expect(std::errc::result_out_of_range, twin.commit(1));
    twin.clear();
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, block.writable().size());
  }

  void duplicate_outlives_the_original() {
    Message_Block chain = chain_of({"ab", "cd"});
    Message_Block twin = chain.duplicate().value();
    chain.clear();
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), text_of(twin));
  }

  void small_appends_fill_one_block() {
    Message_Block chain;
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(chain.append(as_bytes("0123456789")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000}, chain.readable().size());
  }

  void append_to_a_duplicate_leaves_the_original_alone() {
    Message_Block chain = Message_Block::make(8).value();
    CPPUNIT_ASSERT(chain.append(as_bytes("ab")));
    Message_Block twin = chain.duplicate().value();
    CPPUNIT_ASSERT(twin.append(as_bytes("CD")) && chain.append(as_bytes("cd")));
    CPPUNIT_ASSERT_EQUAL(std::string("abCD"), text_of(twin));
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), text_of(chain));
  }

  void moved_from_chain_is_empty_and_usable() {
    Message_Block chain = chain_of({"ab", "cd"});
    const Message_Block moved(std::move(chain));
    CPPUNIT_ASSERT(chain.append(as_bytes("e")));
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), text_of(moved));
    CPPUNIT_ASSERT_EQUAL(std::string("e"), text_of(chain));
  }

  void self_move_keeps_the_chain() {
    Message_Block chain = chain_of({"ab", "cd"});
    Message_Block& same = chain;
    chain = std::move(same);
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), text_of(chain));
  }

  void foreign_memory_is_released_with_its_last_duplicate() {
    int released = 0;
    Message_Block block = Message_Block::wrap(as_bytes("ab"), [&]() noexcept { ++released; }).value();
    Message_Block twin = block.duplicate().value();
    CPPUNIT_ASSERT(block.consume(2));
    CPPUNIT_ASSERT_EQUAL(0, released);
    CPPUNIT_ASSERT(twin.writable().empty());
    twin.clear();
    CPPUNIT_ASSERT_EQUAL(1, released);
  }

  void release_may_drop_another_chain() {
    bool released = false;
    Message_Block inner = Message_Block::wrap(as_bytes("a"), [&]() noexcept { released = true; }).value();
    Message_Block outer =
        Message_Block::wrap(as_bytes("b"), [kept = std::move(inner)]() mutable noexcept { kept.clear(); }).value();
    outer = block_of("c");
    CPPUNIT_ASSERT(released);
    CPPUNIT_ASSERT_EQUAL(std::string("c"), text_of(outer));
  }

  void static_memory_needs_no_release() {
    const Message_Block block = Message_Block::wrap(as_bytes("static")).value();
    CPPUNIT_ASSERT_EQUAL(std::string("static"), text_of(block));
  }

  void oversized_block_is_refused() {
    static const std::byte start{};
    for (const std::size_t size : {Message_Block::max_capacity + 1, Message_Block::max_length,
                                   Message_Block::max_length + 1, std::numeric_limits<std::size_t>::max()}) {
      expect(std::errc::value_too_large, Message_Block::make(size));
      expect(std::errc::value_too_large, Message_Block::copy({&start, size}));
    }
    expect(std::errc::value_too_large, Message_Block::wrap({&start, Message_Block::max_length + 1}));
    expect(std::errc::value_too_large, Message_Block::wrap({&start, std::numeric_limits<std::size_t>::max()}));
  }

  void length_of_a_chain_never_overflows() {
    Message_Block chain = huge(Message_Block::max_length);
    Message_Block more = huge(Message_Block::max_length);
    expect(std::errc::value_too_large, chain.cont(std::move(more)));
    expect(std::errc::value_too_large, chain.append(as_bytes("a")));
    CPPUNIT_ASSERT_EQUAL(Message_Block::max_length, chain.length());
    CPPUNIT_ASSERT_EQUAL(Message_Block::max_length, more.length());
    expect(std::errc::result_out_of_range, chain.consume(Message_Block::max_length + 1));
    CPPUNIT_ASSERT(chain.consume(Message_Block::max_length));

    Message_Block nearly = huge(Message_Block::max_length - 1);
    CPPUNIT_ASSERT(nearly.append(as_bytes("a")));
    expect(std::errc::value_too_large, nearly.commit(1));
    CPPUNIT_ASSERT_EQUAL(Message_Block::max_length, nearly.length());
  }

  void failed_allocation_is_an_error_and_changes_nothing() {
    Message_Block chain = chain_of({"ab", "cd"});
    const strata_test::Failing_New out_of_memory(0);
    expect(std::errc::not_enough_memory, Message_Block::make(8));
    expect(std::errc::not_enough_memory, Message_Block::copy(as_bytes("e")));
    expect(std::errc::not_enough_memory, chain.duplicate());
    expect(std::errc::not_enough_memory, chain.append(as_bytes("e")));
    CPPUNIT_ASSERT_EQUAL(std::string("abcd"), text_of(chain));
  }

  void failed_wrap_leaves_the_memory_with_the_caller() {
    bool released = false;
    const strata_test::Failing_New out_of_memory(0);
    expect(std::errc::not_enough_memory, Message_Block::wrap(as_bytes("e"), [&]() noexcept { released = true; }));
    CPPUNIT_ASSERT(!released);
  }

  void every_failure_inside_a_long_duplicate_leaks_nothing() {
    int released = 0;
    {
      Message_Block chain;
      for (int i = 0; i < 20; ++i) {
        CPPUNIT_ASSERT(chain.cont(Message_Block::wrap(as_bytes("a"), [&]() noexcept { ++released; }).value()));
      }
      for (long n = 0; n < 20; ++n) {
        const strata_test::Failing_New out_of_memory(n);
        expect(std::errc::not_enough_memory, chain.duplicate());
      }
      CPPUNIT_ASSERT(chain.duplicate());
      CPPUNIT_ASSERT_EQUAL(0, released);
    }
    CPPUNIT_ASSERT_EQUAL(20, released);
  }

  void million_blocks_are_released_without_recursion() {
    Message_Block chain;
    for (int i = 0; i < 1'000'000; ++i) CPPUNIT_ASSERT(chain.cont(block_of("a")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1'000'000}, chain.length());
    chain.clear();
    CPPUNIT_ASSERT(chain.empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Message_Block_Test);
