// SPDX-License-Identifier: Apache-2.0
#include <strata/os/File.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <strata/os/Process.h>
#include <strata/os/User.h>

#include "Broken_Pipe.h"
#include "Fault_Table.h"
#include "Loopback.h"

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
  CPPUNIT_TEST(an_opened_handle_reads_and_writes_as_a_file_does);
  CPPUNIT_TEST(a_fifo_holds_up_nobody);
  CPPUNIT_TEST(the_status_tells_when_the_contents_changed);
  CPPUNIT_TEST(a_folder_is_listed_by_its_handle_again_and_again);
  CPPUNIT_TEST(a_list_ends_at_its_limit);
  CPPUNIT_TEST(a_folder_that_is_too_large_is_not_listed_whole);
  CPPUNIT_TEST(what_is_beneath_a_folder_is_opened);
  CPPUNIT_TEST(nothing_outside_of_a_folder_is_opened);
  CPPUNIT_TEST(a_rename_that_races_is_tried_again_and_not_for_ever);
  CPPUNIT_TEST(a_kernel_that_confines_nothing_opens_nothing);
  CPPUNIT_TEST(a_part_of_a_file_is_sent);
  CPPUNIT_TEST(a_full_socket_takes_no_file);
  CPPUNIT_TEST(a_file_is_not_sent_to_a_broken_pipe_and_nobody_dies);
  CPPUNIT_TEST(a_name_with_a_nul_inside_names_nothing);
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

  void an_opened_handle_reads_and_writes_as_a_file_does() {
    const auto writer = value_of(os::open_file(at("a"), Open_Mode::write, 0600));
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, value_of(os::write_at(writer.get(), strata::as_bytes("bytes"), 0)));
    const auto reader = value_of(os::open_file(at("a"), Open_Mode::read));
    std::byte room[8];
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, value_of(os::read_at(reader.get(), room, 0)));
    CPPUNIT_ASSERT_EQUAL(0600u, value_of(os::file_status(reader.get())).permissions);
    const auto more = value_of(os::open_file(at("a"), Open_Mode::append));
    value_of(os::write(more.get(), strata::as_bytes("!")));
    CPPUNIT_ASSERT_EQUAL("bytes!"s, read("a"));
    for (const os::Handle one : {writer.get(), reader.get(), more.get()}) {
      CPPUNIT_ASSERT(closes_on_exec(one));
      CPPUNIT_ASSERT(!is_non_blocking(one));
    }
    expect_error(std::errc::no_such_file_or_directory, os::open_file(at("none"), Open_Mode::read));
    expect_error(std::errc::bad_file_descriptor, os::file_status({}));
  }

  void a_fifo_holds_up_nobody() {
    CPPUNIT_ASSERT_EQUAL(0, std::system(("mkfifo '" + at("fifo") + "'").c_str()));
    const auto folder = value_of(os::open_folder(folder_));
    CPPUNIT_ASSERT(is_non_blocking(value_of(os::open_file(at("fifo"), Open_Mode::read)).get()));
    const auto fifo = value_of(os::open_beneath(folder.get(), "fifo", Open_Mode::read));
    CPPUNIT_ASSERT(is_non_blocking(fifo.get()));
    CPPUNIT_ASSERT(value_of(os::file_status(fifo.get())).type == os::File_Type::other);
    expect_error(std::errc::not_a_directory, os::open_folder(at("fifo")));
    expect_error(std::errc::invalid_argument, os::open_file(at("fifo"), Open_Mode::write));  // which has a reader
    expect_error(std::errc::invalid_argument, os::open_beneath(folder.get(), "fifo", Open_Mode::append));
  }

  void the_status_tells_when_the_contents_changed() {
    write("a", "text");
    const std::chrono::sys_seconds second_day{std::chrono::seconds{86'400}};
    fs::last_write_time(at("a"), std::chrono::file_clock::from_sys(second_day));
    const auto file = value_of(os::open_file(at("a"), Open_Mode::read));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{86'400}, value_of(os::file_status(file.get())).modified);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{86'400}, value_of(os::path_status(at("a"))).modified);
  }

  void a_folder_is_listed_by_its_handle_again_and_again() {
    for (const char* name : {"b", "c", "a"}) write(name, "");
    const auto folder = value_of(os::open_folder(folder_));
    CPPUNIT_ASSERT(closes_on_exec(folder.get()));
    const std::vector<std::string> names{"a", "b", "c"}, more{"a", "b", "c", "d"};
    CPPUNIT_ASSERT(names == value_of(os::list_directory(folder.get())));
    CPPUNIT_ASSERT(names == value_of(os::list_directory(folder.get())));
    write("d", "");
    CPPUNIT_ASSERT(more == value_of(os::list_directory(folder.get())));
    const auto file = value_of(os::open_file(at("a"), Open_Mode::read));
    expect_error(std::errc::not_a_directory, os::list_directory(file.get()));
    expect_error(std::errc::not_a_directory, os::open_folder(at("a")));
    expect_error(std::errc::no_such_file_or_directory, os::open_folder(at("none")));
  }

  void a_list_ends_at_its_limit() {
    for (int i = 0; i < 20; ++i) write(std::to_string(i), "");
    const auto folder = value_of(os::open_folder(folder_));
    for (const std::size_t most : {0U, 1U, 19U}) {
      const os::Folder_Names some = value_of(os::list_directory(folder.get(), most));
      CPPUNIT_ASSERT_EQUAL(most, some.names.size());
      CPPUNIT_ASSERT(some.more && std::ranges::is_sorted(some.names));
    }
    for (const std::size_t most : {20U, 1000U}) {
      const os::Folder_Names all = value_of(os::list_directory(folder.get(), most));
      CPPUNIT_ASSERT_EQUAL(std::size_t{20}, all.names.size());
      CPPUNIT_ASSERT(!all.more);
    }
  }

  void a_folder_that_is_too_large_is_not_listed_whole() {
    for (const char* name : {"a", "b"}) write(name, "");
    const auto folder = value_of(os::open_folder(folder_));
    Fault_Table faults;
    faults.table().directory_list = [](const char* path, std::size_t most, std::vector<std::string>& names) {
      return os::native_operations().directory_list(path, most - (os::max_listed - 1), names);
    };
    faults.table().folder_list = [](os::Handle at, std::size_t most, std::vector<std::string>& names) {
      return os::native_operations().folder_list(at, most - (os::max_listed - 1), names);
    };
    expect_error(std::errc::value_too_large, os::list_directory(folder_));
    expect_error(std::errc::value_too_large, os::list_directory(folder.get()));
  }

  void what_is_beneath_a_folder_is_opened() {
    fs::create_directory(at("sub"));
    write("sub/a", "below");
    fs::create_symlink("sub/a", at("link"));
    const auto folder = value_of(os::open_folder(folder_));
    for (const char* const name : {"sub/a", "link", "sub/../sub/a"}) {
      const auto file = value_of(os::open_beneath(folder.get(), name, Open_Mode::read));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, value_of(os::file_status(file.get())).size);
      CPPUNIT_ASSERT(closes_on_exec(file.get()) && !is_non_blocking(file.get()));
    }
    const auto below = value_of(os::open_beneath(folder.get(), "sub", Open_Mode::read));
    CPPUNIT_ASSERT(std::vector{"a"s} == value_of(os::list_directory(below.get())));
    const auto made = value_of(os::open_beneath(below.get(), "b", Open_Mode::write, 0640));
    CPPUNIT_ASSERT_EQUAL(0640u, value_of(os::file_status(made.get())).permissions);
    expect_error(std::errc::too_many_symbolic_link_levels, os::open_beneath(folder.get(), "link", Open_Mode::write));
    expect_error(std::errc::no_such_file_or_directory, os::open_beneath(folder.get(), "none", Open_Mode::read));
  }

  void nothing_outside_of_a_folder_is_opened() {
    fs::create_directory(at("sub"));
    write("secret", "s");
    fs::create_symlink("../secret", at("sub/up"));
    fs::create_symlink(at("secret"), at("sub/absolute"));
    fs::create_symlink("loop", at("sub/loop"));
    const auto folder = value_of(os::open_folder(at("sub")));
    for (const std::string& name : {"../secret"s, "up"s, "absolute"s, at("secret"), at("sub"), "/"s, ".."s}) {
      expect_error(std::errc::cross_device_link, os::open_beneath(folder.get(), name, Open_Mode::read));
    }
    expect_error(std::errc::cross_device_link, os::open_beneath(folder.get(), "../new", Open_Mode::write));
    CPPUNIT_ASSERT(!fs::exists(at("new")));
    expect_error(std::errc::too_many_symbolic_link_levels, os::open_beneath(folder.get(), "loop", Open_Mode::read));
    const auto own = value_of(os::open_folder("/proc/self"));
    expect_error(std::errc::too_many_symbolic_link_levels, os::open_beneath(own.get(), "root", Open_Mode::read));
  }

  void a_rename_that_races_is_tried_again_and_not_for_ever() {
    write("a", "");
    const auto folder = value_of(os::open_folder(folder_));
    Fault_Table faults;
    faults.fail<&os::Operations::file_open_beneath>(std::errc::resource_unavailable_try_again, 3);
    value_of(os::open_beneath(folder.get(), "a", Open_Mode::read));
    CPPUNIT_ASSERT_EQUAL(4, faults.calls<&os::Operations::file_open_beneath>());
    faults.fail<&os::Operations::file_open_beneath>(std::errc::resource_unavailable_try_again, 1000);
    expect_error(std::errc::resource_unavailable_try_again, os::open_beneath(folder.get(), "a", Open_Mode::read));
    CPPUNIT_ASSERT(faults.calls<&os::Operations::file_open_beneath>() < 20);
  }

  void a_kernel_that_confines_nothing_opens_nothing() {
    const auto folder = value_of(os::open_folder(folder_));
    Fault_Table faults;
    faults.fail<&os::Operations::file_open_beneath>(std::errc::function_not_supported, 1);
    expect_error(std::errc::function_not_supported, os::open_beneath(folder.get(), "a", Open_Mode::write));
    CPPUNIT_ASSERT(!fs::exists(at("a")));
  }

  void a_part_of_a_file_is_sent() {
    write("a", "0123456789");
    const auto file = value_of(os::open_file(at("a"), Open_Mode::read));
    const os::Handle_Pair peers = connected_over(listen_on(loopback()));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, value_of(os::send_file(peers.first.get(), file.get(), 2, 4)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, value_of(os::send_file(peers.first.get(), file.get(), 8, 100)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(os::send_file(peers.first.get(), file.get(), 10, 100)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(os::send_file(peers.first.get(), file.get(), 99, 100)));
    CPPUNIT_ASSERT_EQUAL("234589"s, receive_text(peers.second.get(), 6));
    std::byte first[1];
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, value_of(os::read(file.get(), first)));
    CPPUNIT_ASSERT_EQUAL("0"s, std::string{strata::as_text(first)});  // its position is as it was
    expect_error(std::errc::bad_file_descriptor, os::send_file({}, file.get(), 0, 1));
  }

  void a_full_socket_takes_no_file() {
    write("a", std::string(100'000, 'x'));
    const auto file = value_of(os::open_file(at("a"), Open_Mode::read));
    const auto [near, far] = value_of(os::socket_pair());
    strata::Result<std::size_t> sent;
    std::size_t total = 0;
    while ((sent = os::send_file(near.get(), file.get(), 0, 100'000))) total += *sent;
    expect_error(std::errc::operation_would_block, sent);
    CPPUNIT_ASSERT(total > 0);
    CPPUNIT_ASSERT_EQUAL(std::string(total, 'x'), receive_text(far.get(), total));
  }

  void a_file_is_not_sent_to_a_broken_pipe_and_nobody_dies() {
    write("a", "x");
    const auto file = value_of(os::open_file(at("a"), Open_Mode::read));
    auto [near, far] = value_of(os::socket_pair());
    far.reset();
    strata::Result<std::size_t> sent;
    where_a_broken_pipe_kills([&] { sent = os::send_file(near.get(), file.get(), 0, 1); });
    expect_error(std::errc::broken_pipe, sent);
  }

  /// The system would take each for what stands before its NUL.
  void a_name_with_a_nul_inside_names_nothing() {
    write("a", "text");
    fs::create_directory(at("sub"));
    const auto folder = value_of(os::open_folder(folder_));
    constexpr std::errc refused = std::errc::invalid_argument;
    const std::string name = at("a\0b"s), sub = at("sub\0"s), to = at("c\0"s);
    expect_error(refused, os::open_beneath(folder.get(), "a\0b"s, Open_Mode::read));
    expect_error(refused, os::open_beneath(folder.get(), "\0"s, Open_Mode::read));
    expect_error(refused, File::open(name, Open_Mode::append));
    expect_error(refused, os::open_file(name, Open_Mode::read));
    expect_error(refused, os::open_folder(sub));
    expect_error(refused, os::list_directory(sub));
    expect_error(refused, os::read_file(name, 100));
    expect_error(refused, os::path_status(name));
    expect_error(refused, os::set_permissions(name, 0600));
    expect_error(refused, os::set_owner(name, {}));
    expect_error(refused, os::rename_file(name, at("c")));
    expect_error(refused, os::rename_file(at("a"), to));
    expect_error(refused, os::remove_file(name));
    CPPUNIT_ASSERT_EQUAL("text"s, read("a"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(File_Test);

}  // namespace
