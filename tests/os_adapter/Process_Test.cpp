// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Process.h>

#include <filesystem>
#include <string>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace strata_test;

class Process_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Process_Test);
  CPPUNIT_TEST(the_id_is_the_systems);
  CPPUNIT_TEST(the_descriptor_limit_is_raised_to_the_hard_one);
  CPPUNIT_TEST(a_refused_limit_is_an_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_id_is_the_systems() {
    const auto self = std::filesystem::read_symlink("/proc/self").string();
    CPPUNIT_ASSERT_EQUAL(self, std::to_string(os::process_id()));
  }

  void the_descriptor_limit_is_raised_to_the_hard_one() {
    const std::uint64_t limit = value_of(os::raise_descriptor_limit());
    std::ifstream limits{"/proc/self/limits"};
    std::string word;
    while (limits >> word && word != "files") continue;  // "Max open files  SOFT  HARD  files"
    std::string soft, hard;
    limits >> soft >> hard;
    CPPUNIT_ASSERT_EQUAL(hard, soft);
    CPPUNIT_ASSERT_EQUAL(hard, std::to_string(limit));
  }

  void a_refused_limit_is_an_error() {
    Fault_Table faults;
    faults.fail<&os::Operations::raise_descriptor_limit>(std::errc::operation_not_permitted, 1);
    expect_error(std::errc::operation_not_permitted, os::raise_descriptor_limit());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Process_Test);

}  // namespace
