// SPDX-License-Identifier: Apache-2.0
#include <strata/log_sinks/Start_Logging.h>

#include <filesystem>
#include <optional>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Thread.h>
#include <strata_test/Scale.h>

#include <strata_test/Temporary_Folder.h>

#include "Memory_Sink.h"

namespace {

using namespace strata;
using namespace std::chrono_literals;

class Start_Logging_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Start_Logging_Test);
  CPPUNIT_TEST(the_options_reach_the_file);
  CPPUNIT_TEST(a_path_that_cannot_be_written_leaves_logging_as_it_was);
  CPPUNIT_TEST(options_that_are_wrong_leave_logging_as_it_was);
  CPPUNIT_TEST(under_load_a_rotating_file_loses_no_line_uncounted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    folder_.emplace();
    system_.emplace(std::make_unique<Memory_Sink>(control_));
    options_.file = *folder_ / "a.log";
  }
  void tearDown() override {
    system_.reset();
    folder_.reset();
  }

  void the_options_reach_the_file() {
    options_.format = Log_Format::json;
    options_.level = Log_Level::warning;
    options_.categories = {{"timers", Log_Level::trace}};
    CPPUNIT_ASSERT(start_logging(*system_, options_).has_value());
    system_->logger("reactor").info("unseen");
    system_->logger("timers").trace("seen");
    CPPUNIT_ASSERT(system_->stop(60s));
    const std::vector<std::string> lines = folder_->lines_of("a.log");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines.size());
    CPPUNIT_ASSERT(lines[0].find(R"("level":"trace","category":"timers","message":"seen")") != std::string::npos);
  }
  void a_path_that_cannot_be_written_leaves_logging_as_it_was() {
    options_.file = *folder_ / "missing/a.log";
    expect_refused(std::errc::no_such_file_or_directory);
  }
  void options_that_are_wrong_leave_logging_as_it_was() {
    options_.queue_bytes = 0;
    expect_refused(std::errc::invalid_argument);
  }
  void under_load_a_rotating_file_loses_no_line_uncounted() {
    options_.queue_bytes = 64 * 1024;
    options_.rotation = {64 * 1024, 0s, 1000};
    CPPUNIT_ASSERT(start_logging(*system_, options_).has_value());
    const std::uint64_t lines = strata_test::count(100'000);
    auto produce = [this, lines] {
      const Logger log = system_->logger("load");
      for (std::uint64_t i = 0; i < lines; ++i) log.info("line", "i", i, "text", "some text of a usual length");
    };
    auto first = os::spawn("first", produce), second = os::spawn("second", produce);
    first->join();
    second->join();
    CPPUNIT_ASSERT(system_->stop(60s));
    const Log_Statistics statistics = system_->statistics();
    CPPUNIT_ASSERT_EQUAL(2 * lines, statistics.in);
    CPPUNIT_ASSERT_EQUAL(statistics.in, statistics.out + statistics.dropped);
    CPPUNIT_ASSERT_EQUAL(statistics.out, lines_in_all_files());
  }

 private:
  void expect_refused(std::errc error) {
    options_.level = Log_Level::off;
    const Outcome<> started = start_logging(*system_, options_);
    CPPUNIT_ASSERT(!started.has_value());
    CPPUNIT_ASSERT(started.error().code == error);
    system_->logger("c").info("as before");
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [c] as before"}, control_->lines().back());
  }
  /// Of the producers: the system's own lines apart.
  std::uint64_t lines_in_all_files() const {
    std::uint64_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator{*folder_ / "."}) {
      for (const std::string& line : folder_->lines_of(file.path().filename().string())) {
        count += line.find("[load] line i=") != std::string::npos ? 1 : 0;
      }
    }
    return count;
  }

  std::shared_ptr<Sink_Control> control_ = std::make_shared<Sink_Control>();
  std::optional<Temporary_Folder> folder_;
  std::optional<Log_System> system_;
  Log_Options options_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Start_Logging_Test);

}  // namespace
