// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Options.h>

#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace strata;
using namespace std::chrono_literals;

class Log_Options_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Log_Options_Test);
  CPPUNIT_TEST(the_defaults_are_good);
  CPPUNIT_TEST(a_file_that_rotates_is_good);
  CPPUNIT_TEST(what_cannot_be_honoured_is_refused_by_name);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_defaults_are_good() { CPPUNIT_ASSERT(validate({}).has_value()); }
  void a_file_that_rotates_is_good() {
    Log_Options options;
    options.file = "/var/log/echo.log";
    options.rotation = {4096, 1min, 1000};
    CPPUNIT_ASSERT(validate(options).has_value());
  }
  void what_cannot_be_honoured_is_refused_by_name() {
    expect_refused("file:", [](Log_Options& o) { o.file = "echo.log"; });
    expect_refused("file:", [](Log_Options& o) { o.file = std::string("/a\0b", 4); });
    expect_refused("queue:", [](Log_Options& o) { o.queue_bytes = 1024; });
    expect_refused("queue:", [](Log_Options& o) { o.queue_bytes = std::size_t{2} << 30; });
    expect_refused("rotation:", [](Log_Options& o) { o.rotation.size = 4096; });
    expect_refused("rotation.size:", [](Log_Options& o) { o = with_file({4095, 0s, 1}); });
    expect_refused("rotation.interval:", [](Log_Options& o) { o = with_file({0, 59s, 1}); });
    expect_refused("rotation.interval:", [](Log_Options& o) { o = with_file({0, -1min, 1}); });
    expect_refused("rotation.archives:", [](Log_Options& o) { o = with_file({4096, 0s, 0}); });
    expect_refused("rotation.archives:", [](Log_Options& o) { o = with_file({4096, 0s, 1001}); });
  }

 private:
  static Log_Options with_file(const Log_Rotation& rotation) {
    Log_Options options;
    options.file = "/var/log/echo.log";
    options.rotation = rotation;
    return options;
  }
  static void expect_refused(const std::string& key, void (*spoil)(Log_Options&)) {
    Log_Options options;
    spoil(options);
    const Outcome<> outcome = validate(options);
    CPPUNIT_ASSERT(!outcome.has_value());
    CPPUNIT_ASSERT(outcome.error().code == std::errc::invalid_argument);
    CPPUNIT_ASSERT_MESSAGE(outcome.error().what, outcome.error().what.starts_with(key));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Log_Options_Test);

}  // namespace
