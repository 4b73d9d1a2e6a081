// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/wrappers/Message_Block.h>

#include "Block_Text.h"

using namespace strata;

namespace {

constexpr int threads = 4;
constexpr int rounds = 500;

/// Runs `body(twin)` on each thread at once, `twin` being a duplicate of `chain`.
template <class Body>
void share(const Message_Block& chain, Body body) {
  std::barrier start(threads);
  std::vector<std::jthread> crew;
  for (int i = 0; i < threads; ++i) {
    crew.emplace_back([&start, &body, twin = chain.duplicate().value()]() mutable {
      start.arrive_and_wait();
      body(std::move(twin));
    });
  }
}

}  // namespace

class Message_Block_Threads_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Message_Block_Threads_Test);
  CPPUNIT_TEST(duplicates_dropped_on_many_threads_release_once);
  CPPUNIT_TEST(duplicates_are_read_and_duplicated_on_many_threads);
  CPPUNIT_TEST(room_returns_when_the_other_threads_let_go);
  CPPUNIT_TEST_SUITE_END();

 public:
  void duplicates_dropped_on_many_threads_release_once() {
    for (int i = 0; i < rounds; ++i) {
      std::atomic<int> released = 0;
      {
        const Message_Block chain = Message_Block::wrap(as_bytes("abc"), [&]() noexcept { ++released; }).value();
        share(chain, [](Message_Block twin) { static_cast<void>(twin.consume(3)); });
        CPPUNIT_ASSERT_EQUAL(0, released.load());
      }
      CPPUNIT_ASSERT_EQUAL(1, released.load());
    }
  }

  void duplicates_are_read_and_duplicated_on_many_threads() {
    Message_Block chain = block_of("abc");
    CPPUNIT_ASSERT(chain.cont(block_of("def")));
    std::atomic<int> intact = 0;
    share(chain, [&](Message_Block twin) {
      for (int i = 0; i < rounds; ++i) {
        Message_Block own = twin.duplicate().value();
        if (own.append(as_bytes("g")) && own.consume(2) && text_of(own) == "cdefg") ++intact;
      }
    });
    CPPUNIT_ASSERT_EQUAL(threads * rounds, intact.load());
    CPPUNIT_ASSERT_EQUAL(std::string("abcdef"), text_of(chain));
  }

  void room_returns_when_the_other_threads_let_go() {
    for (int i = 0; i < rounds; ++i) {
      Message_Block chain = Message_Block::make(64).value();
      CPPUNIT_ASSERT(chain.append(as_bytes("abc")));
      std::atomic<int> intact = 0;
      share(chain, [&](Message_Block twin) {
        if (twin.writable().empty() && text_of(twin) == "abc") ++intact;
      });
      CPPUNIT_ASSERT_EQUAL(threads, intact.load());
      CPPUNIT_ASSERT_EQUAL(std::size_t{61}, chain.writable().size());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Message_Block_Threads_Test);
