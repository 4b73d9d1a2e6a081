// SPDX-License-Identifier: Apache-2.0
#include <strata/logging/Log_Format.h>

#include <array>
#include <cppunit/extensions/HelperMacros.h>

namespace {

using namespace strata;

constexpr std::int64_t moment = 1'795'342'230'123'456'789;  // 2026-11-22 10:10:30.123456789 UTC

struct Escape_Row {
  std::string_view in, classic, json;
};

class Log_Format_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Log_Format_Test);
  CPPUNIT_TEST(classic_is_for_people);
  CPPUNIT_TEST(iso_has_the_time_of_rfc_3339);
  CPPUNIT_TEST(json_is_an_object_a_line);
  CPPUNIT_TEST(the_standard_fields_come_first);
  CPPUNIT_TEST(fields_that_are_not_set_are_left_out);
  CPPUNIT_TEST(levels_stand_in_one_column);
  CPPUNIT_TEST(times_at_the_edges_of_days_and_years);
  CPPUNIT_TEST(controls_and_broken_utf8_are_escaped_everywhere);
  CPPUNIT_TEST(no_byte_makes_a_second_line_or_a_control);
  CPPUNIT_TEST(values_with_blanks_equal_signs_or_nothing_are_quoted);
  CPPUNIT_TEST(names_and_categories_are_escaped_as_well);
  CPPUNIT_TEST(a_long_text_is_cut_between_characters);
  CPPUNIT_TEST(format_names_parse_back);
  CPPUNIT_TEST_SUITE_END();

 public:
  void classic_is_for_people() {
    expect(Log_Format::classic, "2026-11-22 10:10:30.123 INFO  [reactor] accepted peer=127.0.0.1:80 bytes=64",
           {"peer", "127.0.0.1:80", "bytes", 64});
  }
  void iso_has_the_time_of_rfc_3339() {
    expect(Log_Format::iso, "2026-11-22T10:10:30.123456Z INFO [reactor] accepted bytes=64", {"bytes", 64});
  }
  void json_is_an_object_a_line() {
    expect(Log_Format::json,
           R"({"time":"2026-11-22T10:10:30.123456Z","level":"info","category":"reactor","message":"accepted",)"
           R"("peer":"a b","bytes":64,"ok":true})",
           {"peer", "a b", "bytes", 64, "ok", true});
  }
  void the_standard_fields_come_first() {
    context_ = {"echo", 17, "10.0.0.1:4"};
    expect(Log_Format::classic,
           "2026-11-22 10:10:30.123 INFO  [reactor] accepted service=echo connection=17 peer=10.0.0.1:4 bytes=1",
           {"bytes", 1});
    expect(Log_Format::json,
           R"({"time":"2026-11-22T10:10:30.123456Z","level":"info","category":"reactor","message":"accepted",)"
           R"("service":"echo","connection":17,"peer":"10.0.0.1:4"})",
           {});
  }
  void fields_that_are_not_set_are_left_out() {
    context_.connection = 9;
    expect(Log_Format::iso, "2026-11-22T10:10:30.123456Z INFO [reactor] accepted connection=9", {});
  }
  void levels_stand_in_one_column() {
    for (const Log_Level level : {Log_Level::trace, Log_Level::debug, Log_Level::info, Log_Level::warning,
                                  Log_Level::error, Log_Level::critical}) {
      level_ = level;
      CPPUNIT_ASSERT_EQUAL(std::size_t{30}, line(Log_Format::classic, {}).find("[reactor]"));
    }
  }
  void times_at_the_edges_of_days_and_years() {
    CPPUNIT_ASSERT_EQUAL(std::string{"1970-01-01 00:00:00.000"}, time_of(0));
    CPPUNIT_ASSERT_EQUAL(std::string{"1969-12-31 23:59:59.999"}, time_of(-1));
    CPPUNIT_ASSERT_EQUAL(std::string{"2024-02-29 23:59:59.999"}, time_of(1'709'251'199'999'999'999));
    CPPUNIT_ASSERT_EQUAL(std::string{"2024-03-01 00:00:00.000"}, time_of(1'709'251'200'000'000'000));
  }
  void controls_and_broken_utf8_are_escaped_everywhere() {
    using namespace std::string_view_literals;
    const std::array rows{
        Escape_Row{"a\r\nb", R"("a\r\nb")", R"("a\r\nb")"},                        // a forged line
        Escape_Row{"\x1b[2J", R"("\x1b[2J")", R"("\u001b[2J")"},                   // steers a terminal
        Escape_Row{"a\0b"sv, R"("a\x00b")", R"("a\u0000b")"},
        Escape_Row{"\t\x7f", R"("\t\x7f")", R"("\t\u007f")"},
        Escape_Row{"\xc2\x9b" "2J", R"("\x9b2J")", R"("\u009b2J")"},               // CSI of C1 in UTF-8
        Escape_Row{"\x9b" "2J", R"("\x9b2J")", R"("\u009b2J")"},                   // and as a bare byte
        Escape_Row{"\"\\", R"("\"\\")", R"("\"\\")"},
        Escape_Row{"gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"", "\"gr\xc3\xbc\xc3\x9f\""},
        Escape_Row{"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\""},
        Escape_Row{"\xc0\xaf", R"("\xc0\xaf")", R"("\u00c0\u00af")"},              // overlong
        Escape_Row{"\xe0\x80\xaf", R"("\xe0\x80\xaf")", R"("\u00e0\u0080\u00af")"},
        Escape_Row{"\xed\xa0\x80", R"("\xed\xa0\x80")", R"("\u00ed\u00a0\u0080")"},  // surrogate
        Escape_Row{"\xf4\x90\x80\x80", R"("\xf4\x90\x80\x80")", R"("\u00f4\u0090\u0080\u0080")"},
        Escape_Row{"\xff", R"("\xff")", R"("\u00ff")"},
        Escape_Row{"\xe2\x82", R"("\xe2\x82")", R"("\u00e2\u0082")"},              // cut short
        Escape_Row{"\xe2\x82X", R"("\xe2\x82X")", R"("\u00e2\u0082X")"},
    };
    for (const Escape_Row& row : rows) {
      CPPUNIT_ASSERT_EQUAL(std::string{row.classic}, value_in(Log_Format::classic, row.in));
      CPPUNIT_ASSERT_EQUAL(std::string{row.classic}, value_in(Log_Format::iso, row.in));
      CPPUNIT_ASSERT_EQUAL(std::string{row.json}, value_in(Log_Format::json, row.in));
    }
  }
  void no_byte_makes_a_second_line_or_a_control() {
    for (int byte = 0; byte < 256; ++byte) {
      const std::string text(3, static_cast<char>(byte));
      message_ = category_ = text;
      context_ = {text, 0, std::string_view{text}};
      for (const Log_Format format : {Log_Format::classic, Log_Format::iso, Log_Format::json}) {
        for (const char c : line(format, {std::string_view{text}, std::string_view{text}})) {
          const auto code = static_cast<unsigned char>(c);
          CPPUNIT_ASSERT(code >= ' ' && code < 0x7f);
        }
      }
    }
  }
  void values_with_blanks_equal_signs_or_nothing_are_quoted() {
    CPPUNIT_ASSERT_EQUAL(std::string{"\"\""}, value_in(Log_Format::classic, ""));
    CPPUNIT_ASSERT_EQUAL(std::string{"\"a b\""}, value_in(Log_Format::classic, "a b"));
    CPPUNIT_ASSERT_EQUAL(std::string{"\"a=b\""}, value_in(Log_Format::classic, "a=b"));
    CPPUNIT_ASSERT_EQUAL(std::string{"/a,b;[c]"}, value_in(Log_Format::classic, "/a,b;[c]"));
  }
  void names_and_categories_are_escaped_as_well() {
    category_ = "re\nactor";
    expect(Log_Format::iso, R"(2026-11-22T10:10:30.123456Z INFO [re\nactor] accepted "a b"=1)", {"a b", 1});
  }
  void a_long_text_is_cut_between_characters() {
    const std::string fits(Log_Record::max_text, 'x');
    CPPUNIT_ASSERT_EQUAL(fits, value_in(Log_Format::classic, fits));
    const std::string three = std::string(Log_Record::max_text - 2, 'x') + "\xe2\x82\xac";
    CPPUNIT_ASSERT_EQUAL('"' + std::string(Log_Record::max_text - 2, 'x') + "...\"",
                         value_in(Log_Format::json, three));
    const std::string garbage(2 * Log_Record::max_text, '\x80');
    CPPUNIT_ASSERT_EQUAL(4 * (Log_Record::max_text - 3) + 5, value_in(Log_Format::classic, garbage).size());
  }
  void format_names_parse_back() {
    for (const Log_Format format : {Log_Format::classic, Log_Format::iso, Log_Format::json}) {
      CPPUNIT_ASSERT(parse_log_format(to_text(format)) == format);
    }
    CPPUNIT_ASSERT(!parse_log_format("JSON"));
  }

 private:
  std::string line(Log_Format format, std::initializer_list<Log_Value> pairs) const {
    std::string out;
    format_line(format, {moment, level_, category_, context_, message_, pairs}, out);
    return out;
  }
  void expect(Log_Format format, const std::string& expected, std::initializer_list<Log_Value> pairs) const {
    CPPUNIT_ASSERT_EQUAL(expected, line(format, pairs));
  }
  /// The text as the last value of a line.
  std::string value_in(Log_Format format, std::string_view text) const {
    const std::string whole = line(format, {"v", text});
    const bool json = format == Log_Format::json;
    const std::size_t from = whole.find(json ? "\"v\":" : " v=") + (json ? 4 : 3);
    return whole.substr(from, whole.size() - from - (json ? 1 : 0));
  }
  static std::string time_of(std::int64_t time_ns) {
    std::string out;
    format_line(Log_Format::classic, {time_ns, Log_Level::info, "c", {}, "m", {}}, out);
    return out.substr(0, sizeof "2026-11-22 10:10:30.123" - 1);
  }

  Log_Level level_ = Log_Level::info;
  std::string category_ = "reactor";
  std::string message_ = "accepted";
  Log_Context context_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(Log_Format_Test);

}  // namespace
