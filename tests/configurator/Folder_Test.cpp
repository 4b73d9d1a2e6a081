// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Folder.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Yaml_Reader.h>
#include <strata/os/File.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Temporary_Folder.h>

namespace {

using namespace strata;
using strata_test::Descriptor_Guard;

struct Options {
  Folder root;
  static constexpr auto fields() { return std::array{field<&Options::root>("root", "what is served")}; }
};

class Folder_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Folder_Test);
  CPPUNIT_TEST(it_is_found_from_the_configurations_folder);
  CPPUNIT_TEST(it_stays_the_same_when_its_name_is_anothers);
  CPPUNIT_TEST(what_is_no_folder_is_told_with_its_place);
  CPPUNIT_TEST(the_last_copy_closes_it);
  CPPUNIT_TEST_SUITE_END();

  Temporary_Folder at_;
  Config_Errors errors_;

  Options read(const std::string& value) {
    const auto root = read_yaml("{ root: " + value + " }", at_ / "a.yaml");
    Options options;
    errors_ = {};
    static constexpr auto fields = Options::fields();
    read_fields(*root, {{fields, &options}}, errors_);
    return options;
  }

 public:
  void it_is_found_from_the_configurations_folder() {
    std::filesystem::create_directory(at_ / "served");
    std::ofstream{at_ / "served/note"} << "x";
    const Options options = read("served");
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
    CPPUNIT_ASSERT_EQUAL(std::string{"served"}, options.root.path());
    CPPUNIT_ASSERT(os::open_beneath(options.root.handle(), "note", os::Open_Mode::read).has_value());
  }

  void it_stays_the_same_when_its_name_is_anothers() {
    std::filesystem::create_directory(at_ / "served");
    std::ofstream{at_ / "served/note"} << "x";
    const Options options = read("served");
    std::filesystem::rename(at_ / "served", at_ / "other");
    std::filesystem::create_directory(at_ / "served");
    CPPUNIT_ASSERT(os::open_beneath(options.root.handle(), "note", os::Open_Mode::read).has_value());
  }

  void what_is_no_folder_is_told_with_its_place() {
    std::ofstream{at_ / "note"} << "x";
    for (const auto& [value, why] : {std::pair{"note", "Not a directory"}, {"none", "No such file or directory"}}) {
      CPPUNIT_ASSERT(!read(value).root.handle().valid());
      const std::string place = (at_ / "a.yaml") + ":1:9: error: root: ";
      CPPUNIT_ASSERT_EQUAL(place + (at_ / value) + ": " + why + '\n', errors_.text());
    }
    (void)read("[ a ]");
    CPPUNIT_ASSERT(!errors_.text().empty());
  }

  void the_last_copy_closes_it() {
    std::filesystem::create_directory(at_ / "served");
    const Descriptor_Guard guard;
    {
      const Options options = read("served");
      const Options copy = options;
      CPPUNIT_ASSERT(copy.root.handle().valid());
    }
    guard.check();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Folder_Test);

}  // namespace
