// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Abi.h>

#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace strata;

class Abi_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Abi_Test);
  CPPUNIT_TEST(the_text_names_the_version_the_library_and_the_layouts);
  CPPUNIT_TEST(a_size_or_an_alignment_that_differs_is_another_hash);
  CPPUNIT_TEST_SUITE_END();

  void the_text_names_the_version_the_library_and_the_layouts() {
    const std::string text{detail::abi_text()};
    const std::string start = "strata " + std::to_string(detail::abi_version) + ", libstdc++ " +
                              std::to_string(_GLIBCXX_RELEASE) + ", layouts ";
    CPPUNIT_ASSERT_MESSAGE(text, text.starts_with(start));
    CPPUNIT_ASSERT(text.find_first_not_of("0123456789abcdef", start.size()) == text.npos);
  }

  void a_size_or_an_alignment_that_differs_is_another_hash() {
    struct Four {
      char letters[4];
    };
    CPPUNIT_ASSERT(detail::layouts<int>() != detail::layouts<long>());
    CPPUNIT_ASSERT(detail::layouts<int>() != detail::layouts<Four>());
    const bool in_order = detail::layouts<int, long>() != detail::layouts<long, int>();
    CPPUNIT_ASSERT(in_order);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Abi_Test);

}  // namespace
