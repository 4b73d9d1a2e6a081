// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Secret.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Yaml_Reader.h>
#include <strata/os/Entropy.h>
#include <strata/os/File.h>

namespace {

using namespace strata;
namespace fs = std::filesystem;

struct Options {
  Secret password;
  static constexpr auto fields() { return std::array{field<&Options::password>("password", "who may")}; }
};

class Secret_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Secret_Test);
  CPPUNIT_TEST(its_text_is_the_files_without_the_end_of_line);
  CPPUNIT_TEST(where_it_is_shown_the_file_is);
  CPPUNIT_TEST(a_file_that_others_may_use_is_refused);
  CPPUNIT_TEST(a_missing_file_is_told_with_its_place);
  CPPUNIT_TEST(what_is_no_file_or_too_long_is_refused);
  CPPUNIT_TEST_SUITE_END();

  fs::path folder_ = fs::temp_directory_path() / ("strata-secret-" + std::to_string(os::random_seed()));
  Config_Errors errors_;

  void write(const std::string& name, const std::string& text, unsigned permissions = 0600) {
    std::ofstream{folder_ / name} << text;
    CPPUNIT_ASSERT(os::set_permissions((folder_ / name).string(), permissions));
  }
  Options read(const std::string& value) {
    const auto root = read_yaml("{ password: " + value + " }", (folder_ / "a.yaml").string());
    Options options;
    errors_ = {};
    static constexpr auto fields = Options::fields();
    read_fields(*root, {{fields, &options}}, errors_);
    return options;
  }
  void expect_refused(const std::string& value, const std::string& why) {
    CPPUNIT_ASSERT_EQUAL(std::string{}, read(value).password.text());
    const std::string place = (folder_ / "a.yaml").string() + ":1:13: error: password: ";
    CPPUNIT_ASSERT_EQUAL(place + (folder_ / value).lexically_normal().string() + ": " + why + '\n', errors_.text());
  }

 public:
  void setUp() override { fs::create_directory(folder_); }
  void tearDown() override { fs::remove_all(folder_); }

  void its_text_is_the_files_without_the_end_of_line() {
    for (const char* end : {"", "\n", "\r\n"}) {
      write("pw", std::string{"a secret"} + end);
      CPPUNIT_ASSERT_EQUAL(std::string{"a secret"}, read("pw").password.text());
      CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
    }
  }
  void where_it_is_shown_the_file_is() {
    write("pw", "a secret", 0640);
    const Options options = read("pw");
    const auto fields = Options::fields();
    CPPUNIT_ASSERT_EQUAL(std::string{"pw"}, fields[0].show(fields[0], &options));
  }
  void a_file_that_others_may_use_is_refused() {
    write("pw", "a secret", 0644);
    expect_refused("pw", "others may use it; chmod o= would do");
  }
  void a_missing_file_is_told_with_its_place() { expect_refused("none", "No such file or directory"); }
  void what_is_no_file_or_too_long_is_refused() {
    fs::create_directory(folder_ / "sub");
    expect_refused("sub", "is no regular file");
    write("long", std::string(Secret::longest + 1, 'x'));
    expect_refused("long", "is longer than 64 KiB");
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Secret_Test);
