// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>

#include <strata/os/Operations.h>

#include "Service_Rig.h"

namespace {

using namespace strata_test;

class Daytime_Test : public Service_Rig {
  CPPUNIT_TEST_SUITE(Daytime_Test);
  CPPUNIT_TEST(the_answer_is_a_line_and_the_end);
  CPPUNIT_TEST_SUITE_END();

 public:
  /// The clock of the test stands still.
  void the_answer_is_a_line_and_the_end() {
    os::Operations table = os::operations();
    table.wall_ns = [] { return std::int64_t{1'795'737'320} * 1'000'000'000 + 999'999'999; };
    const os::Operations_Scope scope{table};
    start("daytime");
    SOCK_Stream peer = connect();
    CPPUNIT_ASSERT_EQUAL(std::string{"Thursday, November 26, 2026 23:55:20-UTC\r\n"}, receive(peer, 1000));
    peer.close();
    stop();
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Daytime_Test);
