// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Result.h>

#include <set>
#include <string>

#include <strata/os/Outcome.h>

#include "Os_Fixture.h"

namespace {

using strata::errc;

class Result_Test : public strata_test::Os_Fixture {
  CPPUNIT_TEST_SUITE(Result_Test);
  CPPUNIT_TEST(each_reason_of_ours_has_a_text_of_its_own);
  CPPUNIT_TEST(a_reason_of_ours_equals_none_of_the_system);
  CPPUNIT_TEST(an_unknown_value_is_named_by_its_number);
  CPPUNIT_TEST(an_error_of_set_up_names_its_place_and_the_systems_text);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_reason_of_ours_has_a_text_of_its_own() {
    std::set<std::string> texts;
    for (int value = 1; value <= static_cast<int>(errc::canceled); ++value) {
      texts.insert(make_error_code(static_cast<errc>(value)).message());
    }
    CPPUNIT_ASSERT_EQUAL(static_cast<std::size_t>(errc::canceled), texts.size());
    CPPUNIT_ASSERT_EQUAL(std::string{"end of stream"}, std::error_code{errc::end_of_stream}.message());
    CPPUNIT_ASSERT_EQUAL(std::string{"strata"}, std::string{strata::strata_category().name()});
  }

  void a_reason_of_ours_equals_none_of_the_system() {
    const std::error_code ours = errc::end_of_stream;
    CPPUNIT_ASSERT(ours == errc::end_of_stream);
    CPPUNIT_ASSERT(ours != static_cast<std::errc>(1));
    CPPUNIT_ASSERT(ours != std::error_code(1, std::generic_category()));
    CPPUNIT_ASSERT(std::error_code{errc::canceled} != std::errc::operation_canceled);
  }

  void an_unknown_value_is_named_by_its_number() {
    CPPUNIT_ASSERT_EQUAL(std::string{"unknown error 99"}, strata::strata_category().message(99));
  }

  void an_error_of_set_up_names_its_place_and_the_systems_text() {
    const strata::Outcome<> outcome =
        strata::fail(std::make_error_code(std::errc::permission_denied), "bind 0.0.0.0:80");
    CPPUNIT_ASSERT_EQUAL(std::string{"bind 0.0.0.0:80: Permission denied"}, outcome.error().what);
    CPPUNIT_ASSERT(outcome.error().code == std::errc::permission_denied);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Result_Test);

}  // namespace
