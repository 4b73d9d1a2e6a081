// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Kind_Note.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <nlohmann/json.hpp>

#include <strata/configurator/Config_Value.h>

namespace {

using namespace strata;
using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

enum class Mode : std::uint8_t { soft, hard };
constexpr std::array<std::string_view, 2> mode_words{"soft", "hard"};

struct Options {
  bool on = true;
  int shift = -13;
  std::uint8_t small = 3;
  Duration pause = 1500ms;
  std::size_t room = 65536;
  std::string title = "a \"title\"\tthat is longer than what a string holds inside";
  Mode mode = Mode::hard;
  std::vector<int> numbers;
  std::vector<Endpoint> places;

  static constexpr auto fields() {
    return std::array{field<&Options::on>("on", "whether").must(),
                      field<&Options::shift>("shift", "how \"far\"").within(-25, 25),
                      field<&Options::small>("small", "a byte"),
                      field<&Options::pause>("pause", "how long"),
                      field<&Options::room, Size_Type>("room", "how much"),
                      field<&Options::title>("title", "what"),
                      field<&Options::mode, Choice_Type<mode_words>>("mode", "which"),
                      field<&Options::numbers>("numbers", "some"),
                      field<&Options::places>("places", "where")};
  }
};
constexpr auto table = Options::fields();
constexpr detail::Noted_Kind sample() { return {.name = "sample", .accepts = true, .options = table}; }
constexpr auto note = detail::kind_note<&sample>();

struct Unknown {  // no compiler can make a map
  int number = 1;
  std::map<std::string, int> weights;
  static constexpr auto fields() {
    return std::array{field<&Unknown::number>("number", "how many"), field<&Unknown::weights>("weights", "by name")};
  }
};
constexpr auto unknown_table = Unknown::fields();
constexpr detail::Noted_Kind unknown() { return {.name = "unknown", .options = unknown_table}; }
constexpr auto unknown_note = detail::kind_note<&unknown>();

class Kind_Note_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Kind_Note_Test);
  CPPUNIT_TEST(it_is_an_elf_note_of_strata);
  CPPUNIT_TEST(the_text_is_json_that_tells_the_kind);
  CPPUNIT_TEST(each_option_has_its_type_range_and_default);
  CPPUNIT_TEST(a_default_that_no_compiler_can_make_is_left_out);
  CPPUNIT_TEST_SUITE_END();

  template <class N>
  static Json parsed(const N& one) {
    return Json::parse(std::string_view{one.text, one.text_size});
  }
  static Json option(std::size_t index) {
    Json found = parsed(note).at("options").at(index);
    found.erase("help");
    return found;
  }
  static void expect(const char* wanted, const Json& got) { CPPUNIT_ASSERT_EQUAL(std::string{wanted}, got.dump()); }

  void it_is_an_elf_note_of_strata() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, sizeof note % 4);
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{7}, note.owner_size);
    CPPUNIT_ASSERT_EQUAL(std::string{"Strata"}, std::string{note.owner});
    CPPUNIT_ASSERT_EQUAL(detail::note_type, note.type);
  }

  void the_text_is_json_that_tells_the_kind() {
    const Json all = parsed(note);
    CPPUNIT_ASSERT(all.at("abi") == std::string{detail::abi_text()});
    CPPUNIT_ASSERT(all.at("kind") == "sample");
    CPPUNIT_ASSERT(all.at("accepts") == true);
    CPPUNIT_ASSERT(!all.contains("client_speaks_first"));
    CPPUNIT_ASSERT(!all.contains("by_operations"));
    CPPUNIT_ASSERT(all.at("options").at(1).at("help") == "how \"far\"");
  }

  void each_option_has_its_type_range_and_default() {
    expect(R"({"key":"on","required":true,"type":"boolean","default":1})", option(0));
    expect(R"({"key":"shift","type":"integer","least":-25,"most":25,"default":-13})", option(1));
    expect(R"({"key":"small","type":"integer","least":0,"most":255,"default":3})", option(2));
    expect(R"({"key":"pause","type":"duration","default":1500000000})", option(3));
    expect(R"({"key":"room","type":"size","least":0,"default":65536})", option(4));
    expect(R"({"key":"title","type":"text","default":"a \"title\"\tthat is longer than what a string holds inside"})",
           option(5));
    expect(R"({"key":"mode","type":["soft","hard"],"default":1})", option(6));
    expect(R"({"key":"numbers","type":{"list of":"integer"}})", option(7));
    expect(R"({"key":"places","type":{"one or list of":"endpoint"}})", option(8));
  }

  void a_default_that_no_compiler_can_make_is_left_out() {
    const Json options = parsed(unknown_note).at("options");
    CPPUNIT_ASSERT(!options.at(0).contains("default"));
    expect(R"({"map of":"integer"})", options.at(1).at("type"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Kind_Note_Test);

}  // namespace
