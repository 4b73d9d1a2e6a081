// SPDX-License-Identifier: Apache-2.0
#include <strata/log_sinks/File_Sink.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Clock.h>
#include <strata_test/Descriptor_Guard.h>
#include <strata_test/Temporary_Folder.h>

namespace {

using namespace strata;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

class File_Sink_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(File_Sink_Test);
  CPPUNIT_TEST(lines_are_appended_to_what_is_there);
  CPPUNIT_TEST(a_file_that_grows_beyond_its_size_becomes_an_archive);
  CPPUNIT_TEST(archives_beyond_the_number_kept_are_removed);
  CPPUNIT_TEST(a_new_interval_starts_a_file);
  CPPUNIT_TEST(a_file_left_from_an_earlier_interval_is_archived_first);
  CPPUNIT_TEST(after_a_cut_by_time_the_size_still_counts);
  CPPUNIT_TEST(a_line_stamped_before_the_last_cuts_nothing);
  CPPUNIT_TEST(a_rotated_file_of_json_holds_lines_only);
  CPPUNIT_TEST(a_folder_that_is_missing_is_an_error_at_once);
  CPPUNIT_TEST(a_folder_in_place_of_the_file_is_an_error_at_once);
  CPPUNIT_TEST(a_link_at_the_path_is_refused_and_its_target_untouched);
  CPPUNIT_TEST(a_pipe_at_the_path_is_refused_and_nobody_waits_for_a_reader);
  CPPUNIT_TEST(a_file_that_refuses_writes_loses_each_line_and_leaks_nothing);
  CPPUNIT_TEST(half_a_line_that_a_full_disk_left_is_ended_first);
  CPPUNIT_TEST(a_link_planted_later_is_refused_when_the_file_is_opened_anew);
  CPPUNIT_TEST(a_file_that_cannot_be_opened_anew_works_again_when_it_can);
  CPPUNIT_TEST(reopen_follows_the_name_after_a_foreign_rotation);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    descriptors_ = std::make_unique<strata_test::Descriptor_Guard>();
    folder_.emplace();
    now_ = os::wall_clock_ns();
  }
  void tearDown() override {
    sink_.reset();
    folder_.reset();
    descriptors_->check();
  }

  void lines_are_appended_to_what_is_there() {
    open();
    write("one");
    open();
    write("two");
    expect_messages({"one", "two"}, "a.log");
  }
  void a_file_that_grows_beyond_its_size_becomes_an_archive() {
    open({4096, 0s, 10});
    for (int i = 0; i < 200; ++i) write("line");
    CPPUNIT_ASSERT(folder_->file_count() >= 2);
    std::size_t lines = 0;
    for (const fs::directory_entry& file : fs::directory_iterator{fs::path{path()}.parent_path()}) {
      CPPUNIT_ASSERT(file.file_size() < 4096 + 100);
      lines += folder_->lines_of(file.path().filename().string()).size();
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{200}, lines);
  }
  void archives_beyond_the_number_kept_are_removed() {
    open({4096, 0s, 2});
    for (int i = 0; i < 1000; ++i) write("line");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, folder_->file_count());
  }
  void a_new_interval_starts_a_file() {
    open({0, 1h, 10});
    write("today");
    now_ += 3'600'000'000'000;
    write("later");
    write("later still");
    expect_messages({"today"}, "a.log.0");
    expect_messages({"later", "later still"}, "a.log");
  }
  void a_file_left_from_an_earlier_interval_is_archived_first() {
    open();
    write("yesterday");
    fs::last_write_time(path(), fs::file_time_type::clock::now() - 25h);
    open({0, 24h, 10});
    write("today");
    expect_messages({"yesterday"}, "a.log.0");
    expect_messages({"today"}, "a.log");
  }
  void after_a_cut_by_time_the_size_still_counts() {
    open({4096, 1h, 10});
    write("today");
    now_ += 3'600'000'000'000;
    for (int i = 0; i < 20; ++i) write("later");
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, folder_->file_count());
    for (int i = 0; i < 200; ++i) write("later");
    CPPUNIT_ASSERT(folder_->file_count() > 2);
  }
  void a_line_stamped_before_the_last_cuts_nothing() {
    open({0, 1h, 10});
    write("one");
    now_ -= 3'600'000'000'000;
    write("two");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, folder_->file_count());
  }
  void a_rotated_file_of_json_holds_lines_only() {
    format_ = Log_Format::json;
    open({4096, 1h, 10});
    write("one");
    now_ += 3'600'000'000'000;
    write("two");
    for (const char* name : {"a.log", "a.log.0"}) {
      const std::vector<std::string> lines = folder_->lines_of(name);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
      CPPUNIT_ASSERT(lines[0].starts_with('{') && lines[0].ends_with('}'));
    }
  }
  void a_folder_that_is_missing_is_an_error_at_once() {
    expect_refused(std::errc::no_such_file_or_directory, *folder_ / "missing/a.log");
  }
  void a_folder_in_place_of_the_file_is_an_error_at_once() {
    fs::create_directory(path());
    expect_refused(std::errc::is_a_directory, path());
  }
  void a_link_at_the_path_is_refused_and_its_target_untouched() {
    fs::create_symlink(*folder_ / "target", path());
    expect_refused(std::errc::too_many_symbolic_link_levels, path());
    CPPUNIT_ASSERT(!fs::exists(*folder_ / "target"));
  }
  void a_pipe_at_the_path_is_refused_and_nobody_waits_for_a_reader() {
    CPPUNIT_ASSERT_EQUAL(0, std::system(("mkfifo '" + path() + "'").c_str()));
    expect_refused(std::errc::no_such_device_or_address, path());
  }
  void a_file_that_refuses_writes_loses_each_line_and_leaks_nothing() {
    sink_ = open_file_sink("/proc/self/oom_score_adj", format_, {4096, 1h, 10}).value();  // takes numbers only: proc(5)
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(log("lost").error() == std::errc::io_error);
  }
  void half_a_line_that_a_full_disk_left_is_ended_first() {
    std::ofstream{path()} << "2026-11-22 10:1";
    open();
    write("one");
    write("two");
    const std::vector<std::string> lines = folder_->lines_of("a.log");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, lines.size());
    CPPUNIT_ASSERT_EQUAL(std::string{"2026-11-22 10:1"}, lines[0]);
  }
  void a_file_that_cannot_be_opened_anew_works_again_when_it_can() {
    open();
    write("one");
    fs::rename(path(), *folder_ / "moved");
    fs::create_directory(path());
    CPPUNIT_ASSERT(!sink_->reopen().has_value());
    CPPUNIT_ASSERT(!log("lost").has_value());
    fs::remove(path());
    write("two");
    expect_messages({"two"}, "a.log");
  }
  void a_link_planted_later_is_refused_when_the_file_is_opened_anew() {
    open();
    fs::rename(path(), *folder_ / "moved");
    fs::create_symlink(*folder_ / "target", path());
    CPPUNIT_ASSERT(sink_->reopen().error() == std::errc::too_many_symbolic_link_levels);
    CPPUNIT_ASSERT(log("lost").error() == std::errc::too_many_symbolic_link_levels);
    CPPUNIT_ASSERT(!fs::exists(*folder_ / "target"));
  }
  void reopen_follows_the_name_after_a_foreign_rotation() {
    open();
    write("one");
    fs::rename(path(), *folder_ / "moved");
    CPPUNIT_ASSERT(sink_->reopen().has_value());
    write("two");
    expect_messages({"one"}, "moved");
    expect_messages({"two"}, "a.log");
  }

 private:
  std::string path() const { return *folder_ / "a.log"; }
  void open(const Log_Rotation& rotation = {}) {
    sink_.reset();
    auto sink = open_file_sink(path(), format_, rotation);
    CPPUNIT_ASSERT_MESSAGE(sink ? "" : sink.error().what, sink.has_value());
    sink_ = std::move(*sink);
  }
  Result<> log(std::string_view message) { return sink_->write({now_, Log_Level::info, "c", {}, message, {}}); }
  void write(std::string_view message) { CPPUNIT_ASSERT(log(message).has_value()); }
  void expect_messages(const std::vector<std::string>& expected, const std::string& name) {
    std::vector<std::string> messages;
    for (const std::string& line : folder_->lines_of(name)) messages.push_back(line.substr(line.find("[c] ") + 4));
    CPPUNIT_ASSERT(expected == messages);
  }
  void expect_refused(std::errc error, const std::string& where) {
    const auto sink = open_file_sink(where, format_);
    CPPUNIT_ASSERT(!sink.has_value());
    CPPUNIT_ASSERT_MESSAGE(sink.error().what, sink.error().code == error);
    CPPUNIT_ASSERT(sink.error().what.starts_with("log file " + where + ": "));
  }

  std::unique_ptr<strata_test::Descriptor_Guard> descriptors_;
  std::optional<Temporary_Folder> folder_;
  std::unique_ptr<Log_Sink> sink_;
  Log_Format format_ = Log_Format::classic;
  std::int64_t now_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(File_Sink_Test);

}  // namespace
