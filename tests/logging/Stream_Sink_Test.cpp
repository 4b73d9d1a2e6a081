// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Stream_Sink.h>

#include <algorithm>
#include <deque>
#include <memory>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>
#include <strata/os/Operations.h>

namespace {

using namespace strata;

/// What the seam answers to the next writes: bytes taken, or an error; then all is taken.
std::deque<os::Raw> answers;
std::string written;
os::Handle last_handle;

os::Raw scripted_write(os::Handle handle, const std::byte* data, std::size_t size) {
  last_handle = handle;
  auto answer = static_cast<os::Raw>(size);
  if (!answers.empty()) {
    answer = std::min(answers.front(), answer);
    answers.pop_front();
  }
  if (answer > 0) written += as_text({data, static_cast<std::size_t>(answer)});
  return answer;
}

os::Operations scripted_table() {
  os::Operations table = os::native_operations();
  table.write = &scripted_write;
  return table;
}

constexpr os::Raw raw(std::errc error) { return -static_cast<os::Raw>(error); }
constexpr std::size_t time_size = sizeof "2026-11-22 10:10:30.123";

class Stream_Sink_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Stream_Sink_Test);
  CPPUNIT_TEST(a_line_is_one_write_to_standard_error);
  CPPUNIT_TEST(short_and_interrupted_writes_go_on);
  CPPUNIT_TEST(an_error_loses_the_line_alone);
  CPPUNIT_TEST(a_line_cut_short_is_ended_before_the_next);
  CPPUNIT_TEST(an_end_that_fails_is_tried_again);
  CPPUNIT_TEST(a_write_that_takes_nothing_is_an_error);
  CPPUNIT_TEST(a_system_writes_to_it_without_any_configuration);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    answers.clear();
    written.clear();
  }

  void a_line_is_one_write_to_standard_error() {
    expect_written({});
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [c] m\n"}, written.substr(time_size));
    CPPUNIT_ASSERT(last_handle == os::Handle{2});
  }
  void short_and_interrupted_writes_go_on() {
    expect_written({1, raw(std::errc::interrupted), 5, raw(std::errc::interrupted)});
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [c] m\n"}, written.substr(time_size));
  }
  void an_error_loses_the_line_alone() {
    for (const std::errc error : {std::errc::no_space_on_device, std::errc::io_error, std::errc::broken_pipe,
                                  std::errc::operation_would_block, std::errc::bad_file_descriptor}) {
      expect_failed(error, {raw(error)});
    }
    expect_written({});
    CPPUNIT_ASSERT_EQUAL(std::string{"INFO  [c] m\n"}, written.substr(time_size));
  }
  void a_line_cut_short_is_ended_before_the_next() {
    expect_failed(std::errc::no_space_on_device, {4, raw(std::errc::no_space_on_device)});
    expect_written({});
    CPPUNIT_ASSERT_EQUAL(std::string{"1970\n1970-"}, written.substr(0, 10));
    expect_written({});
    CPPUNIT_ASSERT(written.find("\n\n") == std::string::npos);
  }
  void an_end_that_fails_is_tried_again() {
    expect_failed(std::errc::io_error, {4, raw(std::errc::io_error)});
    expect_failed(std::errc::io_error, {raw(std::errc::io_error)});
    expect_written({});
    CPPUNIT_ASSERT_EQUAL(std::string{"1970\n1970-"}, written.substr(0, 10));
  }
  void a_write_that_takes_nothing_is_an_error() { expect_failed(std::errc::io_error, {0}); }
  void a_system_writes_to_it_without_any_configuration() {
    const os::Operations_Scope scope{table_};
    Log_System system;
    answers = {raw(std::errc::no_space_on_device)};
    system.logger("c").info("lost");
    system.logger("c").debug("below");
    system.logger("c").info("kept");
    CPPUNIT_ASSERT(written.find("INFO  [c] kept\n") != std::string::npos);
    CPPUNIT_ASSERT(written.find("WARN  [logging] lines dropped count=1\n") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, system.statistics().dropped);
  }

 private:
  Result<> write(std::deque<os::Raw> script) {
    const os::Operations_Scope scope{table_};
    answers = std::move(script);
    return sink_.write({0, Log_Level::info, "c", {}, "m", {}});
  }
  void expect_written(std::deque<os::Raw> script) { CPPUNIT_ASSERT(write(std::move(script)).has_value()); }
  void expect_failed(std::errc error, std::deque<os::Raw> script) {
    CPPUNIT_ASSERT(write(std::move(script)).error() == error);
  }

  os::Operations table_ = scripted_table();
  Stream_Sink sink_{Log_Format::classic};
};

CPPUNIT_TEST_SUITE_REGISTRATION(Stream_Sink_Test);

}  // namespace
