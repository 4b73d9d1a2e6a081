// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Config_Value.h>
#include <strata/configurator/Yaml_Reader.h>

namespace {

using namespace strata;

class Owner_Value_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Owner_Value_Test);
  CPPUNIT_TEST(names_and_numbers_are_found);
  CPPUNIT_TEST(what_nobody_is_called_is_told_with_its_place);
  CPPUNIT_TEST(it_is_shown_in_numbers);
  CPPUNIT_TEST_SUITE_END();

  Config_Errors errors_;

  os::File_Owner read(const std::string& text) {
    errors_ = {};
    os::File_Owner owner;
    Value_Type<os::File_Owner>::read((*read_yaml("o: '" + text + "'", "a.yaml"))[0], Field{}, owner, errors_);
    return owner;
  }
  void expect(const std::string& text, os::File_Owner owner) {
    CPPUNIT_ASSERT(read(text) == owner);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
  }
  void expect_mistake(const std::string& text, const std::string& message) {
    CPPUNIT_ASSERT(read(text) == os::File_Owner{});
    CPPUNIT_ASSERT_EQUAL("a.yaml:1:" + message + '\n', errors_.text());
  }

 public:
  void names_and_numbers_are_found() {
    expect("", {});
    expect("root", {0, 0});
    expect("root:root", {0, 0});
    expect(":root", {os::File_Owner::unchanged, 0});
    expect("1234", {1234, os::File_Owner::unchanged});
    expect("1234:5678", {1234, 5678});
  }
  void what_nobody_is_called_is_told_with_its_place() {
    expect_mistake("no such", "4: error: o: no user is called \"no such\"");
    expect_mistake("root:no such", "10: error: o: no group is called \"no such\"");
    for (const std::string text : {":", "root:"}) {
      expect_mistake(text, "4: error: o: expected an owner such as www-data, www-data:adm or :adm, found the text \"" +
                               text + '"');
    }
  }
  void it_is_shown_in_numbers() {
    CPPUNIT_ASSERT_EQUAL(std::string{}, Value_Type<os::File_Owner>::show({}));
    CPPUNIT_ASSERT_EQUAL(std::string{"1:2"}, Value_Type<os::File_Owner>::show({1, 2}));
    CPPUNIT_ASSERT_EQUAL(std::string{":2"}, Value_Type<os::File_Owner>::show({os::File_Owner::unchanged, 2}));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Owner_Value_Test);
