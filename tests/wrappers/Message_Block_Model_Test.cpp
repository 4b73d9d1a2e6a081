// SPDX-License-Identifier: Apache-2.0
// Random operations on a few chains, each beside a std::string that says what it must hold.
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata_test/Failing_New.h>
#include <strata_test/Scale.h>

#include <strata/wrappers/Message_Block.h>

#include "Block_Text.h"

using namespace strata;

namespace {

struct Pair {
  Message_Block chain;
  std::string model;
};

class Trial {
 public:
  explicit Trial(std::uint64_t seed) : label_("seed " + std::to_string(seed)), random_(seed) {}

  void step() {
    Pair& pair = pick();
    Pair& other = pick();
    switch (below(8)) {
      case 0:
        return append(pair);
      case 1:
        return link(pair, other);
      case 2:
        return consume(pair);
      case 3:
        return write(pair);
      case 4:
        return duplicate(pair, other);
      case 5:
        return replace(pair);
      case 6:
        return wrap(pair);
      default:
        return fail_to_append(pair);
    }
  }

  void check() const {
    for (const Pair& pair : pairs_) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, pair.model.size(), pair.chain.length());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, pair.model, text_of(pair.chain));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, pair.model.empty(), pair.chain.readable().empty());
    }
  }

  void finish() {
    for (Pair& pair : pairs_) pair.chain.clear();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(label_, 0, unreleased_);
  }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
  Pair& pick() { return pairs_[below(pairs_.size())]; }

  std::string some_bytes() {
    std::string bytes(below(8) == 0 ? below(5000) : below(20), 'a');
    for (char& byte : bytes) byte = static_cast<char>('a' + below(26));
    return bytes;
  }

  /// Keeps texts short: what a trial explores is structure.
  void append(Pair& pair) {
    if (pair.model.size() > 8'000) return consume(pair);
    const std::string bytes = some_bytes();
    CPPUNIT_ASSERT(pair.chain.append(as_bytes(bytes)));
    pair.model += bytes;
  }

  void link(Pair& pair, Pair& other) {
    if (&pair == &other || pair.model.size() + other.model.size() > 8'000) return;
    CPPUNIT_ASSERT(pair.chain.cont(std::move(other.chain)));
    pair.model += std::exchange(other.model, {});
  }

  void consume(Pair& pair) {
    const std::size_t size = below(pair.model.size() + 3);
    CPPUNIT_ASSERT_EQUAL(size <= pair.model.size(), pair.chain.consume(size).has_value());
    if (size <= pair.model.size()) pair.model.erase(0, size);
  }

  void write(Pair& pair) {
    const Bytes room = pair.chain.writable();
    const std::string bytes = some_bytes().substr(0, room.size());
    if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
    CPPUNIT_ASSERT(pair.chain.commit(bytes.size()));
    CPPUNIT_ASSERT(!pair.chain.commit(room.size() - bytes.size() + 1));
    pair.model += bytes;
  }

  void duplicate(Pair& pair, Pair& other) {
    Message_Block twin = pair.chain.duplicate().value();
    other.model = std::string(pair.model);
    other.chain = std::move(twin);
  }

  void replace(Pair& pair) {
    pair.chain = Message_Block::make(below(100)).value();
    pair.model.clear();
  }

  void wrap(Pair& pair) {
    auto* text = new std::string(some_bytes());
    ++unreleased_;
    pair.model = *text;
    pair.chain = Message_Block::wrap(as_bytes(*text), [this, text]() noexcept {
                   --unreleased_;
                   delete text;
                 }).value();
  }

  void fail_to_append(Pair& pair) {
    const std::string bytes = some_bytes();
    const bool fits = bytes.size() <= pair.chain.writable().size();
    const strata_test::Failing_New out_of_memory(0);
    CPPUNIT_ASSERT_EQUAL(fits, pair.chain.append(as_bytes(bytes)).has_value());
    if (fits) pair.model += bytes;
  }

  const std::string label_;
  std::mt19937_64 random_;
  int unreleased_ = 0;
  std::array<Pair, 4> pairs_;
};

}  // namespace

class Message_Block_Model_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Message_Block_Model_Test);
  CPPUNIT_TEST(random_operations_agree_with_a_string);
  CPPUNIT_TEST_SUITE_END();

 public:
  void random_operations_agree_with_a_string() {
    const std::uint64_t trials = strata_test::count(100'000);
    for (std::uint64_t seed = 0; seed < trials; ++seed) {
      Trial trial(seed);
      for (int i = 0; i < 60; ++i) {
        trial.step();
        trial.check();
      }
      trial.finish();
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Message_Block_Model_Test);
