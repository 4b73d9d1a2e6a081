// SPDX-License-Identifier: Apache-2.0
#include <strata/os/User.h>

#include "Os_Fixture.h"

namespace {

using strata::os::User;
using namespace std::string_literals;
using namespace strata_test;

class User_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(User_Test);
  CPPUNIT_TEST(the_superuser_is_found_by_name);
  CPPUNIT_TEST(the_effective_user_owns_what_this_process_makes);
  CPPUNIT_TEST(a_name_that_nobody_has_is_an_invalid_argument);
  CPPUNIT_TEST(a_name_with_a_nul_inside_is_nobodys);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_superuser_is_found_by_name() {
    const User root = value_of(User::find("root"));
    CPPUNIT_ASSERT(root.is_superuser());
    CPPUNIT_ASSERT_EQUAL(std::string{"root"}, root.name);
  }

  void the_effective_user_owns_what_this_process_makes() {
    const User me = User::effective();
    std::ifstream status{"/proc/self/status"};
    std::string word;
    while (status >> word && word != "Uid:") continue;
    std::uint32_t real = 0, effective = 0;
    status >> real >> effective;
    CPPUNIT_ASSERT_EQUAL(effective, me.id);
    if (!me.name.empty()) CPPUNIT_ASSERT_EQUAL(me.id, value_of(User::find(me.name)).id);
  }

  void a_name_that_nobody_has_is_an_invalid_argument() {
    expect_error(std::errc::invalid_argument, User::find("no such user"));
  }

  void a_name_with_a_nul_inside_is_nobodys() {
    expect_error(std::errc::invalid_argument, User::find("root\0not"s));
    expect_error(std::errc::invalid_argument, User::find_group("root\0"s));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(User_Test);

}  // namespace
