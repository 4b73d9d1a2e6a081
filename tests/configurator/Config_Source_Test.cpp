// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Source.h>

#include <string>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/os/File.h>
#include <strata/os/Process.h>

#include "Sample_Options.h"

namespace {

using namespace strata_test;

class Config_Source_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Source_Test);
  CPPUNIT_TEST(without_a_file_the_overrides_are_all);
  CPPUNIT_TEST(a_value_of_the_file_is_set_over);
  CPPUNIT_TEST(a_value_that_the_file_has_not_is_added);
  CPPUNIT_TEST(an_element_goes_by_its_name_or_number);
  CPPUNIT_TEST(the_last_of_two_counts);
  CPPUNIT_TEST(a_list_or_mapping_is_written_as_in_yaml);
  CPPUNIT_TEST(text_is_taken_as_it_stands);
  CPPUNIT_TEST(what_fits_nowhere_is_told_and_all_of_it);
  CPPUNIT_TEST(a_value_that_is_no_yaml_is_told);
  CPPUNIT_TEST(mistakes_in_a_value_name_its_origin);
  CPPUNIT_TEST(mistakes_of_the_file_come_first);
  CPPUNIT_TEST_SUITE_END();

  const std::string path_ = "/tmp/strata-config-source-" + std::to_string(os::process_id()) + ".yaml";

 public:
  void tearDown() override { static_cast<void>(os::remove_file(path_)); }

 private:
  static Config_Override over(const std::string& path, const std::string& value) {
    return {path, value, "-o " + path};
  }
  Config_Source file(std::vector<Config_Override> overrides, const std::string& text = "") const {
    const std::string content = text.empty() ? "top: 1\ninner: { drain: 3s }\nservices:\n- { name: a, port: 1 }\n"
                                               "- { name: b, port: 2 }\n"
                                             : text;
    os::File out = os::File::open(path_, os::Open_Mode::write).value();
    CPPUNIT_ASSERT(out.write_all(as_bytes(content)));
    return {path_, std::move(overrides)};
  }
  static Config_Node tree(const Config_Source& source) {
    auto root = read_config(source);
    CPPUNIT_ASSERT_MESSAGE(root ? "" : root.error().text(), root.has_value());
    return *root;
  }
  static std::string mistakes(const Config_Source& source) {
    const auto root = read_config(source);
    return root ? "" : root.error().text();
  }
  static const std::string& text_at(const Config_Node& node, std::string_view key) { return node.find(key)->scalar(); }

  void without_a_file_the_overrides_are_all() {
    const Config_Node root = tree({"", {over("a.b.c", "1"), over("a.d", "two")}});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, root.size());
    CPPUNIT_ASSERT_EQUAL(std::string{"1"}, text_at(*root.find("a")->find("b"), "c"));
    CPPUNIT_ASSERT_EQUAL(std::string{"two"}, text_at(*root.find("a"), "d"));
  }

  void a_value_of_the_file_is_set_over() {
    const Config_Node root = tree(file({over("top", "2"), over("inner.drain", "5s")}));
    CPPUNIT_ASSERT_EQUAL(std::string{"2"}, text_at(root, "top"));
    CPPUNIT_ASSERT_EQUAL(std::string{"5s"}, text_at(*root.find("inner"), "drain"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, root.size());
  }

  void a_value_that_the_file_has_not_is_added() {
    const Config_Node root = tree(file({over("inner.level", "info")}));
    CPPUNIT_ASSERT_EQUAL(std::string{"3s"}, text_at(*root.find("inner"), "drain"));
    CPPUNIT_ASSERT_EQUAL(std::string{"info"}, text_at(*root.find("inner"), "level"));
  }

  void an_element_goes_by_its_name_or_number() {
    const Config_Node root = tree(file({over("services.b.port", "9"), over("services.0.port", "8")}));
    const Config_Node& services = *root.find("services");
    CPPUNIT_ASSERT_EQUAL(std::string{"8"}, text_at(services[0], "port"));
    CPPUNIT_ASSERT_EQUAL(std::string{"9"}, text_at(services[1], "port"));
    const Config_Node odd = tree(file({over("l.0.port", "7")}, "l: [{ name: b }, { name: 0 }]"));
    CPPUNIT_ASSERT_EQUAL(std::string{"7"}, text_at((*odd.find("l"))[1], "port"));
  }

  void the_last_of_two_counts() {
    CPPUNIT_ASSERT_EQUAL(std::string{"3"}, text_at(tree(file({over("top", "2"), over("top", "3")})), "top"));
  }

  void a_list_or_mapping_is_written_as_in_yaml() {
    const Config_Node root = tree(file({over("top", "[a, b]"), over("inner", "{ drain: 7s }")}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, root.find("top")->size());
    CPPUNIT_ASSERT_EQUAL(std::string{"7s"}, text_at(*root.find("inner"), "drain"));
  }

  void text_is_taken_as_it_stands() {
    for (const char* text : {"tcp://*:80", "*a", "a: b", "- x", "", "a=b", "'quoted'"}) {
      CPPUNIT_ASSERT_EQUAL(std::string{text}, text_at(tree(file({over("top", text)})), "top"));
    }
  }

  void what_fits_nowhere_is_told_and_all_of_it() {
    CPPUNIT_ASSERT_EQUAL(std::string{"-o services.aa.port: error: nothing in \"services\" is called \"aa\"\n"
                                     "-o services.2.port: error: nothing in \"services\" is called \"2\"\n"
                                     "-o top.x: error: \"top\" has no keys, so no \"x\"\n"
                                     "-o a..b: error: a part of \"a..b\" is empty\n"},
                         mistakes(file({over("services.aa.port", "1"), over("services.2.port", "1"), over("top.x", "1"),
                                        over("a..b", "1")})));
  }

  void a_value_that_is_no_yaml_is_told() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, mistakes(file({over("top", "[a")})).find("-o top:1:"));
  }

  void mistakes_in_a_value_name_its_origin() {
    const Config_Node root = tree({"", {over("name", "x"), {"shift", "99", "--shift"}, {"shfit", "1", "--shfit"}}});
    Sample_Options options;
    Config_Errors errors;
    read_fields(root, {{Sample_Options::fields(), &options}}, errors);
    CPPUNIT_ASSERT_EQUAL(std::string{"--shift: error: shift: \"99\" is not within 1 and 25\n"
                                     "--shfit: error: unknown key \"shfit\"; did you mean \"shift\"?\n"},
                         errors.text());
  }

  void mistakes_of_the_file_come_first() {
    const std::string told = mistakes(file({over("top.x", "1")}, "a: [\n"));
    CPPUNIT_ASSERT_MESSAGE(told, told.starts_with(path_ + ':'));
    CPPUNIT_ASSERT(told.find("top.x") == told.npos);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Source_Test);
