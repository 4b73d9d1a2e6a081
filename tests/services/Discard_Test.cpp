// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "Service_Rig.h"

namespace {

using namespace strata_test;

class Discard_Test : public Service_Rig {
  CPPUNIT_TEST_SUITE(Discard_Test);
  CPPUNIT_TEST(a_megabyte_is_taken_and_nothing_comes_back);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_megabyte_is_taken_and_nothing_comes_back() {
    start("discard");
    SOCK_Stream peer = connect();
    for (int i = 0; i < 16; ++i) send(peer, std::string(65536, 'x'));
    CPPUNIT_ASSERT(peer.shutdown(os::Shutdown::send));
    CPPUNIT_ASSERT_EQUAL(std::string{}, receive(peer, 1));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Discard_Test);
