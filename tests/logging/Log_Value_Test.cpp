// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Value.h>

#include <limits>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_Format.h>
#include <strata/os/Result.h>

namespace {

using namespace strata;
using namespace std::chrono_literals;

struct Address {
  std::string to_text() const { return "10.0.0.1:80"; }
};

class Log_Value_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Log_Value_Test);
  CPPUNIT_TEST(texts_of_every_sort_are_texts);
  CPPUNIT_TEST(integers_keep_their_whole_range);
  CPPUNIT_TEST(a_bool_is_a_word_and_no_number);
  CPPUNIT_TEST(reals_are_shortest_and_not_finite_ones_are_null_in_json);
  CPPUNIT_TEST(durations_have_their_unit_and_are_seconds_in_json);
  CPPUNIT_TEST(errors_are_told_in_words);
  CPPUNIT_TEST(an_object_says_itself);
  CPPUNIT_TEST(nothing_is_a_dash_and_null_in_json);
  CPPUNIT_TEST_SUITE_END();

 public:
  void texts_of_every_sort_are_texts() {
    const std::string string = "text";
    const char* pointer = "text";
    for (const Log_Value& value : std::initializer_list<Log_Value>{string, pointer, "text", std::string_view{string}}) {
      CPPUNIT_ASSERT(value.kind() == Log_Value::Kind::text);
      expect("text", "\"text\"", value);
    }
  }
  void integers_keep_their_whole_range() {
    expect("-9223372036854775808", "-9223372036854775808", std::numeric_limits<std::int64_t>::min());
    expect("18446744073709551615", "18446744073709551615", std::numeric_limits<std::uint64_t>::max());
    expect("-1", "-1", static_cast<signed char>(-1));
  }
  void a_bool_is_a_word_and_no_number() {
    expect("true", "true", true);
    expect("false", "false", false);
  }
  void reals_are_shortest_and_not_finite_ones_are_null_in_json() {
    expect("0.1", "0.1", 0.1);
    expect("1.5", "1.5", 1.5F);
    expect("-1.7976931348623157e+308", "-1.7976931348623157e+308", std::numeric_limits<double>::lowest());
    expect("inf", "null", std::numeric_limits<double>::infinity());
    expect("nan", "null", std::numeric_limits<double>::quiet_NaN());
  }
  void durations_have_their_unit_and_are_seconds_in_json() {
    expect("0s", "0", 0ns);
    expect("7ns", "0.000000007", 7ns);
    expect("1.5us", "0.0000015", 1500ns);
    expect("250ms", "0.25", 250ms);
    expect("-250ms", "-0.25", -250ms);
    expect("1.000000001s", "1.000000001", 1s + 1ns);
    expect("90s", "90", 90s);
    expect("-9223372036.854775808s", "-9223372036.854775808", Duration::min());
  }
  void errors_are_told_in_words() {
    const std::error_code full = std::make_error_code(std::errc::no_space_on_device);
    expect('"' + full.message() + '"', '"' + full.message() + '"', full);
  }
  void an_object_says_itself() {
    const Address address;
    expect("10.0.0.1:80", "\"10.0.0.1:80\"", Log_Value(address));
  }
  void nothing_is_a_dash_and_null_in_json() { expect("-", "null", Log_Value{}); }

 private:
  static void expect(const std::string& classic, const std::string& json, const Log_Value& value) {
    CPPUNIT_ASSERT_EQUAL("v=" + classic, tail(Log_Format::classic, value));
    CPPUNIT_ASSERT_EQUAL("\"v\":" + json + '}', tail(Log_Format::json, value));
  }
  static std::string tail(Log_Format format, const Log_Value& value) {
    const Log_Value pairs[] = {"v", value};
    std::string out;
    format_line(format, {0, Log_Level::info, "c", {}, "m", pairs}, out);
    return out.substr(out.find(format == Log_Format::json ? "\"v\"" : "v="));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Log_Value_Test);

}  // namespace
