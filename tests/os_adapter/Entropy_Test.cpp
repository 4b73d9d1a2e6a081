// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Entropy.h>

#include <algorithm>
#include <array>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace strata_test;

std::int64_t clock_reading = 0;

class Entropy_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Entropy_Test);
  CPPUNIT_TEST(two_fills_differ);
  CPPUNIT_TEST(what_comes_in_pieces_fills_the_whole);
  CPPUNIT_TEST(a_system_without_entropy_is_an_error_for_keys);
  CPPUNIT_TEST(a_system_without_entropy_still_gives_seeds_that_differ);
  CPPUNIT_TEST_SUITE_END();

  using Key = std::array<std::byte, 32>;

 public:
  void two_fills_differ() {
    Key first{}, second{};
    expect_done(os::fill_entropy(first));
    expect_done(os::fill_entropy(second));
    CPPUNIT_ASSERT(first != second);
    CPPUNIT_ASSERT(os::random_seed() != os::random_seed());
  }

  void what_comes_in_pieces_fills_the_whole() {
    Fault_Table faults;
    faults.table().entropy = [](std::byte* data, std::size_t size) {
      const std::size_t piece = std::min<std::size_t>(size, 3);
      std::fill_n(data, piece, std::byte{7});
      return static_cast<os::Raw>(piece);
    };
    Key key{};
    expect_done(os::fill_entropy(key));
    CPPUNIT_ASSERT(std::ranges::all_of(key, [](std::byte b) { return b == std::byte{7}; }));
  }

  void a_system_without_entropy_is_an_error_for_keys() {
    Fault_Table faults;
    faults.fail<&os::Operations::entropy>(std::errc::function_not_supported, 1);
    Key key{};
    expect_error(std::errc::function_not_supported, os::fill_entropy(key));
  }

  void a_system_without_entropy_still_gives_seeds_that_differ() {
    Fault_Table faults;
    faults.fail<&os::Operations::entropy>(std::errc::function_not_supported, 3);
    faults.table().monotonic_ns = [] { return ++clock_reading; };
    faults.table().wall_ns = [] { return std::int64_t{5}; };
    const std::uint64_t first = os::random_seed();
    CPPUNIT_ASSERT(first != os::random_seed());
    clock_reading = 0;
    CPPUNIT_ASSERT_EQUAL(first, os::random_seed());  // by the clocks alone
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Entropy_Test);

}  // namespace
