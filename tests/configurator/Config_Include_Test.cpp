// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Config_Source.h>
#include <strata/os/Process.h>

namespace {

namespace fs = std::filesystem;
using namespace strata;

class Config_Include_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Include_Test);
  CPPUNIT_TEST(services_are_added_behind_ones_own);
  CPPUNIT_TEST(keys_are_added_where_there_are_none);
  CPPUNIT_TEST(a_key_that_stands_already_is_told);
  CPPUNIT_TEST(a_folder_stands_for_its_files_by_name);
  CPPUNIT_TEST(what_is_not_below_the_folder_is_refused);
  CPPUNIT_TEST(what_is_not_there_is_told);
  CPPUNIT_TEST(mistakes_carry_the_place_in_the_included_file);
  CPPUNIT_TEST(an_included_file_cannot_include);
  CPPUNIT_TEST(variables_and_overrides_reach_what_was_included);
  CPPUNIT_TEST(too_many_files_are_refused);
  CPPUNIT_TEST_SUITE_END();

  const fs::path folder_ = fs::temp_directory_path() / ("strata-include-" + std::to_string(os::process_id()));

 public:
  void setUp() override { fs::create_directories(folder_ / "etc/more"); }
  void tearDown() override { fs::remove_all(folder_); }

 private:
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ / "etc" / name} << text;
  }
  std::expected<Config_Node, Config_Errors> read(std::vector<Config_Override> overrides = {}) const {
    return read_config({(folder_ / "etc/a.yaml").string(), std::move(overrides)});
  }
  Config_Node tree() const {
    auto root = read();
    CPPUNIT_ASSERT_MESSAGE(root ? "" : root.error().text(), root.has_value());
    return *root;
  }
  std::string mistakes() const {
    const auto root = read();
    std::string text = root ? "" : root.error().text();
    const std::string prefix = (folder_ / "etc/").string();
    for (std::size_t at; (at = text.find(prefix)) != text.npos;) text.erase(at, prefix.size());
    return text;
  }
  static std::string names(const Config_Node& root) {
    std::string text;
    for (const Config_Node& service : *root.find("services")) text += service.find("name")->scalar() + ' ';
    return text;
  }

  void services_are_added_behind_ones_own() {
    write("a.yaml", "include: [more/b.yaml, c.yaml]\nservices: [{ name: a }]\n");
    write("more/b.yaml", "services: [{ name: b1 }, { name: b2 }]\n");
    write("c.yaml", "services:\n- name: c\n");
    const Config_Node root = tree();
    CPPUNIT_ASSERT_EQUAL(std::string{"a b1 b2 c "}, names(root));
    CPPUNIT_ASSERT((*root.find("services"))[1].file().ends_with("more/b.yaml"));
  }

  void keys_are_added_where_there_are_none() {
    write("a.yaml", "include: [c.yaml]\n");
    write("c.yaml", "logging: { level: debug }\nservices: [{ name: c }]\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"debug"}, tree().find("logging")->find("level")->scalar());
    CPPUNIT_ASSERT_EQUAL(std::string{"c "}, names(tree()));
    write("c.yaml", "");
    CPPUNIT_ASSERT_EQUAL(std::string{"c.yaml: error: holds no configuration\n"}, mistakes());
  }

  void a_key_that_stands_already_is_told() {
    write("a.yaml", "include: [c.yaml]\nlogging: {}\n");
    write("c.yaml", "strata: 1\nlogging: {}\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"c.yaml:2:1: error: \"logging\" stands in a.yaml already\n"}, mistakes());
  }

  void a_folder_stands_for_its_files_by_name() {
    write("a.yaml", "include: [more]\nservices: [{ name: a }]\n");
    write("more/2.yaml", "services: [{ name: two }]\n");
    write("more/1.yaml", "services: [{ name: one }]\n");
    write("more/.3.yaml", "x");
    write("more/readme", "y: z: [");
    CPPUNIT_ASSERT_EQUAL(std::string{"a one two "}, names(tree()));
  }

  void what_is_not_below_the_folder_is_refused() {
    std::ofstream{folder_ / "out.yaml"} << "services: []\n";
    fs::create_symlink(folder_ / "out.yaml", folder_ / "etc/link.yaml");
    write("a.yaml", "include: [../out.yaml, link.yaml, /etc/passwd]\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:11: error: is not below the configuration's folder\n"
                                     "a.yaml:1:24: error: is not below the configuration's folder\n"
                                     "a.yaml:1:35: error: is not below the configuration's folder\n"},
                         mistakes());
  }

  void what_is_not_there_is_told() {
    write("a.yaml", "include: [none.yaml, [x]]\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:11: error: none.yaml: No such file or directory\n"
                                     "a.yaml:1:22: error: expected a path, found a list\n"},
                         mistakes());
  }

  void mistakes_carry_the_place_in_the_included_file() {
    write("a.yaml", "include: [b.yaml, c.yaml]\n");
    write("b.yaml", "x: [1, 2\n");
    write("c.yaml", "- a\n");
    const std::string told = mistakes();
    CPPUNIT_ASSERT_MESSAGE(told, told.starts_with("b.yaml:2:1: error: "));
    const std::string last = "c.yaml:1:1: error: expected a mapping of keys and values, found a list\n";
    CPPUNIT_ASSERT_MESSAGE(told, told.ends_with(last));
  }

  void an_included_file_cannot_include() {
    write("a.yaml", "include: [b.yaml]\n");
    write("b.yaml", "include: [a.yaml]\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"b.yaml:1:1: error: an included file cannot include\n"}, mistakes());
  }

  void variables_and_overrides_reach_what_was_included() {
    write("a.yaml", "include: [b.yaml]\nenvironment: [STRATA_NOT_SET]\n");
    write("b.yaml", "services: [{ name: b, port: \"${STRATA_NOT_SET:-7}\", shift: 1 }]\n");
    const auto root = read({{"services.b.shift", "3", "-o services.b.shift"}});
    CPPUNIT_ASSERT(root);
    const Config_Node& service = (*root->find("services"))[0];
    CPPUNIT_ASSERT_EQUAL(std::string{"7"}, service.find("port")->scalar());
    CPPUNIT_ASSERT_EQUAL(std::string{"3"}, service.find("shift")->scalar());
  }

  void too_many_files_are_refused() {
    write("a.yaml", "include: [more]\n");
    for (int i = 0; i < 300; ++i) write("more/" + std::to_string(i) + ".yaml", "services: []\n");
    CPPUNIT_ASSERT_EQUAL(std::string{"a.yaml:1:11: error: is beyond 256 files\n"}, mistakes());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Include_Test);

}  // namespace
