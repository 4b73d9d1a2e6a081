// SPDX-License-Identifier: Apache-2.0
#include <strata/os/File.h>

#include <filesystem>
#include <string>

#include <strata/os/Process.h>
#include <strata/os/User.h>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace fs = std::filesystem;
namespace os = strata::os;
using namespace std::string_literals;
using namespace strata_test;
using os::File;
using os::Open_Mode;

class File_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(File_Test);
  CPPUNIT_TEST(what_is_written_is_read);
  CPPUNIT_TEST(writing_empties_and_appending_does_not);
  CPPUNIT_TEST(a_write_that_is_taken_in_pieces_is_finished);
  CPPUNIT_TEST(a_full_disk_is_an_error);
  CPPUNIT_TEST(a_write_without_progress_is_an_error);
  CPPUNIT_TEST(a_file_of_exactly_the_limit_is_read);
  CPPUNIT_TEST(a_file_beyond_the_limit_is_too_large);
  CPPUNIT_TEST(a_directory_is_not_read);
  CPPUNIT_TEST(a_missing_file_is_an_error_only_for_reading);
  CPPUNIT_TEST(a_link_is_followed_for_reading_only);
  CPPUNIT_TEST(a_device_is_not_written);
  CPPUNIT_TEST(permissions_are_those_asked_for);
  CPPUNIT_TEST(the_status_tells_size_owner_and_permissions);
  CPPUNIT_TEST(a_folder_is_listed_in_order);
  CPPUNIT_TEST(a_file_is_renamed_and_removed);
  CPPUNIT_TEST_SUITE_END();

  fs::path folder_ = fs::temp_directory_path() / ("strata-file-test-" + std::to_string(os::process_id()));

  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text, Open_Mode mode = Open_Mode::write) const {
    File file = value_of(File::open(at(name), mode));
    expect_done(file.write_all(strata::as_bytes(text)));
    expect_done(file.sync());
  }
  std::string read(const std::string& name, std::size_t limit = 1 << 20) const {
    return value_of(os::read_file(at(name), limit));
  }

 public:
  void setUp() override {
    fs::create_directory(folder_);
    Os_Fixture::setUp();
  }
  void tearDown() override {
    fs::remove_all(folder_);
    Os_Fixture::tearDown();
  }

  void what_is_written_is_read() {
    const std::string text(100'000, 'x');
    write("a", text);
    CPPUNIT_ASSERT_EQUAL(text, read("a"));
    const File file = value_of(File::open(at("a"), Open_Mode::read));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{100'000}, value_of(file.status()).size);
  }

  void writing_empties_and_appending_does_not() {
    write("a", "first");
    write("a", "2nd");
    write("a", " 3rd", Open_Mode::append);
    CPPUNIT_ASSERT_EQUAL("2nd 3rd"s, read("a"));
  }

  void a_write_that_is_taken_in_pieces_is_finished() {
    Fault_Table faults;
    faults.table().write = [](os::Handle handle, const std::byte* data, std::size_t) {
      return os::native_operations().write(handle, data, 1);
    };
    write("a", "one byte at a time");
    CPPUNIT_ASSERT_EQUAL("one byte at a time"s, read("a"));
  }

  void a_full_disk_is_an_error() {
    File file = value_of(File::open(at("a"), Open_Mode::write));
    Fault_Table faults;
    faults.fail<&os::Operations::write>(std::errc::no_space_on_device, 1);
    expect_error(std::errc::no_space_on_device, file.write_all(strata::as_bytes("x")));
  }

  void a_write_without_progress_is_an_error() {
    File file = value_of(File::open(at("a"), Open_Mode::write));
    Fault_Table faults;
    faults.table().write = [](os::Handle, const std::byte*, std::size_t) { return os::Raw{0}; };
    expect_error(std::errc::io_error, file.write_all(strata::as_bytes("x")));
  }

  void a_file_of_exactly_the_limit_is_read() {
    write("a", "12345");
    CPPUNIT_ASSERT_EQUAL("12345"s, read("a", 5));
    write("empty", "");
    CPPUNIT_ASSERT_EQUAL(""s, read("empty", 0));
  }

  void a_file_beyond_the_limit_is_too_large() {
    write("a", "12345");
    expect_error(std::errc::file_too_large, os::read_file(at("a"), 4));
    expect_error(std::errc::file_too_large, os::read_file(at("a"), 0));
  }

  void a_directory_is_not_read() {
    expect_error(std::errc::is_a_directory, os::read_file(folder_.string(), 100));
    expect_error(std::errc::is_a_directory, File::open(folder_.string(), Open_Mode::append));
  }

  void a_missing_file_is_an_error_only_for_reading() {
    expect_error(std::errc::no_such_file_or_directory, os::read_file(at("a"), 100));
    write("a", "made", Open_Mode::append);
    CPPUNIT_ASSERT_EQUAL("made"s, read("a"));
  }

  void a_link_is_followed_for_reading_only() {
    write("target", "untouched");
    fs::create_symlink(at("target"), at("link"));
    for (const Open_Mode mode : {Open_Mode::write, Open_Mode::append}) {
      expect_error(std::errc::too_many_symbolic_link_levels, File::open(at("link"), mode));
    }
    CPPUNIT_ASSERT_EQUAL("untouched"s, read("link"));
  }

  void a_device_is_not_written() {
    expect_error(std::errc::invalid_argument, File::open("/dev/null", Open_Mode::write));
  }

  void permissions_are_those_asked_for() {
    value_of(File::open(at("a"), Open_Mode::write, 0600));
    CPPUNIT_ASSERT(fs::status(at("a")).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  }

  void the_status_tells_size_owner_and_permissions() {
    write("a", "four");
    fs::permissions(at("a"), fs::perms{0620});
    const os::File_Status file = value_of(value_of(File::open(at("a"), Open_Mode::read)).status());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, file.size);
    CPPUNIT_ASSERT_EQUAL(os::User::effective().id, file.owner);
    CPPUNIT_ASSERT_EQUAL(0620u, file.permissions);
    CPPUNIT_ASSERT(file.type == os::File_Type::regular);
    fs::permissions(folder_, fs::perms{01755});
    const os::File_Status folder = value_of(value_of(File::open(folder_, Open_Mode::read)).status());
    CPPUNIT_ASSERT_EQUAL(01755u, folder.permissions);
    CPPUNIT_ASSERT(folder.type == os::File_Type::directory);
    fs::create_symlink(at("a"), at("link"));
    CPPUNIT_ASSERT(value_of(os::path_status(at("a"))).type == os::File_Type::regular);
    CPPUNIT_ASSERT(value_of(os::path_status(at("link"))).type == os::File_Type::other);
    expect_error(std::errc::no_such_file_or_directory, os::path_status(at("none")));
  }

  void a_folder_is_listed_in_order() {
    for (const char* name : {"b", "c", "a"}) write(name, "");
    const std::vector<std::string> names{"a", "b", "c"};
    CPPUNIT_ASSERT(names == value_of(os::list_directory(folder_)));
    expect_error(std::errc::no_such_file_or_directory, os::list_directory(at("none")));
    expect_error(std::errc::not_a_directory, os::list_directory(at("a")));
  }

  void a_file_is_renamed_and_removed() {
    write("a", "text");
    expect_done(os::rename_file(at("a"), at("b")));
    CPPUNIT_ASSERT_EQUAL("text"s, read("b"));
    expect_done(os::remove_file(at("b")));
    expect_error(std::errc::no_such_file_or_directory, os::remove_file(at("b")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(File_Test);

}  // namespace
