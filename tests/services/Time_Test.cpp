// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include "Service_Rig.h"

namespace {

using namespace strata_test;

class Time_Test : public Service_Rig {
  CPPUNIT_TEST_SUITE(Time_Test);
  CPPUNIT_TEST(the_answer_is_four_bytes_and_the_end);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_answer_is_four_bytes_and_the_end() {
    start("time");
    const std::int64_t before = os::wall_clock_ns() / 1'000'000'000 + 2'208'988'800;
    SOCK_Stream peer = connect();
    const std::string answer = receive(peer, 5);
    const std::int64_t after = os::wall_clock_ns() / 1'000'000'000 + 2'208'988'800;
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, answer.size());
    std::uint32_t seconds = 0;
    for (const char byte : answer) seconds = seconds << 8 | static_cast<unsigned char>(byte);
    CPPUNIT_ASSERT(static_cast<std::uint32_t>(seconds - before) <= static_cast<std::uint32_t>(after - before));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Time_Test);
