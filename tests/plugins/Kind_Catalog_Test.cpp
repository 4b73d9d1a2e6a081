// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Kind_Catalog.h>

#include <array>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Config_Schema.h>
#include <strata/configurator/Kind_List.h>

#include "Plugin_Rig.h"

namespace {

using namespace strata_test;

class Kind_Catalog_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Kind_Catalog_Test);
  CPPUNIT_TEST(a_folder_adds_the_kinds_of_its_plugins);
  CPPUNIT_TEST(the_first_of_a_name_stays);
  CPPUNIT_TEST(what_cannot_be_read_is_told_and_the_rest_is_added);
  CPPUNIT_TEST(a_folder_that_is_not_there_is_an_error);
  CPPUNIT_TEST(options_of_a_plugin_are_listed_as_those_that_are_linked_in);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<Plugin_Rig> rig_;

 public:
  void setUp() override { rig_ = std::make_unique<Plugin_Rig>(); }
  void tearDown() override { rig_.reset(); }

 private:
  static std::string names(const Kind_Catalog& catalog) {
    std::string text;
    for (const Service_Kind* kind : catalog.kinds()) text += std::string{kind->name} + ' ';
    return text;
  }
  std::string add(Kind_Catalog& catalog) {
    const Outcome<std::vector<std::string>> complaints = catalog.add_folder(rig_->folder().string());
    CPPUNIT_ASSERT(complaints);
    std::string text;
    for (const std::string& one : *complaints) text += one.substr(rig_->folder().string().size() + 1) + '\n';
    return text;
  }

  void a_folder_adds_the_kinds_of_its_plugins() {
    rig_->write("b", Plugin_Rig::image("guest"));
    rig_->write("a", Plugin_Rig::image("hollow"));
    std::ofstream{rig_->folder() / "README"} << "not a plugin";
    Kind_Catalog catalog;
    CPPUNIT_ASSERT_EQUAL(std::string{}, add(catalog));
    CPPUNIT_ASSERT_EQUAL(std::string{"hollow guest "}, names(catalog));
    CPPUNIT_ASSERT(catalog.find("guest") != nullptr);
    CPPUNIT_ASSERT(catalog.find("gest") == nullptr);
  }

  void the_first_of_a_name_stays() {
    rig_->write("a", Plugin_Rig::image("guest"));
    rig_->write("b", Plugin_Rig::image("guest"));
    static constexpr Service_Kind linked{"hollow", nullptr, nullptr};
    static constexpr std::array<const Service_Kind*, 1> kinds{&linked};
    rig_->write("c", Plugin_Rig::image("hollow"));
    Kind_Catalog catalog{kinds};
    CPPUNIT_ASSERT_EQUAL(std::string{}, add(catalog));
    CPPUNIT_ASSERT_EQUAL(std::string{"hollow guest "}, names(catalog));
    CPPUNIT_ASSERT(catalog.find("hollow") == &linked);
  }

  void what_cannot_be_read_is_told_and_the_rest_is_added() {
    rig_->write("a", "broken");
    rig_->write("b", Plugin_Rig::image("alien"));
    rig_->write("c", Plugin_Rig::image("guest"));
    Kind_Catalog catalog;
    const std::string complaints = add(catalog);
    CPPUNIT_ASSERT_MESSAGE(complaints, complaints.starts_with("a.so: too short to be an ELF file\nb.so: built for "));
    CPPUNIT_ASSERT_EQUAL(std::string{"guest "}, names(catalog));
  }

  void a_folder_that_is_not_there_is_an_error() {
    const auto added = Kind_Catalog{}.add_folder("/no/such/folder");
    CPPUNIT_ASSERT(!added);
    CPPUNIT_ASSERT_EQUAL(std::string{"/no/such/folder: No such file or directory"}, added.error().what);
  }

  void options_of_a_plugin_are_listed_as_those_that_are_linked_in() {
    rig_->write("a", Plugin_Rig::image("guest"));
    Kind_Catalog catalog;
    add(catalog);
    CPPUNIT_ASSERT_EQUAL(std::string{"guest\n"
                                     "  throws  never|configure|prepare|start|stop  never    the hook that throws\n"
                                     "  leaves  nothing|timer|post|loop|handler     nothing  what is left behind\n"},
                         list_kinds(catalog.kinds()));
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("a.so"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Kind_Catalog_Test);

}  // namespace
