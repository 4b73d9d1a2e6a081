// SPDX-License-Identifier: Apache-2.0
#include <strata/connection/Any_Options.h>

#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/connection/Service.h>
#include <strata/reactor/Reactor.h>

namespace {

using namespace strata;

struct Shift {
  int by = 13;
};
struct Words {
  std::string first = "one";
};

class Any_Options_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Any_Options_Test);
  CPPUNIT_TEST(an_object_is_found_by_its_type_alone);
  CPPUNIT_TEST(what_is_written_through_the_object_is_found);
  CPPUNIT_TEST(a_service_without_options_has_the_defaults);
  CPPUNIT_TEST(a_service_has_the_options_that_were_set);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_object_is_found_by_its_type_alone() {
    const Any_Options options = Any_Options::of<Shift>({.by = 5});
    CPPUNIT_ASSERT_EQUAL(5, options.find<Shift>()->by);
    CPPUNIT_ASSERT(options.find<Words>() == nullptr);
    CPPUNIT_ASSERT(Any_Options{}.find<Shift>() == nullptr);
    CPPUNIT_ASSERT(Any_Options{}.empty() && !options.empty());
  }

  void what_is_written_through_the_object_is_found() {
    Any_Options options = Any_Options::of<Words>();
    static_cast<Words*>(options.object())->first = "two";
    CPPUNIT_ASSERT_EQUAL(std::string{"two"}, options.find<Words>()->first);
  }

  void a_service_without_options_has_the_defaults() {
    const auto reactor = Reactor::open();
    const Service service{"test", **reactor};
    CPPUNIT_ASSERT_EQUAL(13, service.options<Shift>().by);
  }

  void a_service_has_the_options_that_were_set() {
    const auto reactor = Reactor::open();
    Service service{"test", **reactor};
    service.set_options(Any_Options::of<Shift>({.by = 7}));
    CPPUNIT_ASSERT_EQUAL(7, service.options<Shift>().by);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Any_Options_Test);
