// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cppunit/TestAssert.h>

#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Config_Value.h>
#include <strata/configurator/Yaml_Reader.h>

namespace strata_test {

using namespace strata;
using namespace std::chrono_literals;

enum class Overflow : std::uint8_t { pause, close, shed };
inline constexpr std::array<std::string_view, 3> overflow_words{"pause", "close", "shed"};
inline constexpr std::array<std::string_view, 2> engine_words{"auto", "epoll"};
inline Choices engines(const Field&) { return engine_words; }

struct Inner {
  Duration drain = 10s;
  static std::span<const Field> fields() {
    static constexpr std::array table{field<&Inner::drain>("drain", "how long to drain")};
    return table;
  }
};

/// One member of each type that a field may have.
struct Sample_Options {
  bool enabled = false;
  std::uint8_t shift = 13;
  std::int64_t wide = 0;
  Duration linger = 250ms;
  std::size_t high_water = 1 << 20;
  std::string name = "none";
  std::string engine = "auto";
  Overflow overflow = Overflow::pause;
  std::optional<Endpoint> listen;
  std::vector<Endpoint> places;
  std::vector<std::string> tags;
  std::map<std::string, std::uint8_t> weights;
  Inner inner;

  static std::span<const Field> fields() {
    static constexpr std::array table{
        field<&Sample_Options::enabled>("enabled", "whether"),
        field<&Sample_Options::shift>("shift", "by how much").within(1, 25),
        field<&Sample_Options::wide>("wide", "a large number"),
        field<&Sample_Options::linger>("linger", "how long").within(0, 3'600'000'000'000),
        field<&Sample_Options::high_water, Size_Type>("high_water", "how much").within(1024, 1 << 30),
        field<&Sample_Options::name>("name", "what it is called").must(),
        field<&Sample_Options::engine>("engine", "which").one_of(&engines),
        field<&Sample_Options::overflow, Choice_Type<overflow_words>>("overflow", "what then"),
        field<&Sample_Options::listen>("listen", "where"),
        field<&Sample_Options::places>("places", "where else"),
        field<&Sample_Options::tags>("tags", "words"),
        field<&Sample_Options::weights>("weights", "numbers by name"),
        field<&Sample_Options::inner>("inner", "more"),
    };
    return table;
  }
};

/// The tree of a text that is well formed, from a.yaml.
inline Config_Node tree_of(std::string_view text) {
  auto root = read_yaml(text, "a.yaml");
  CPPUNIT_ASSERT_MESSAGE(root ? "" : root.error().text(), root.has_value());
  return *root;
}

/// Reads a text into options and keeps what was told.
struct Sample_Reader {
  Sample_Options options;
  Config_Errors errors;

  explicit Sample_Reader(std::string_view text) {
    read_fields(tree_of(text), {{Sample_Options::fields(), &options}}, errors);
    errors.sort();
  }
};

inline Sample_Options read_well(const std::string& text) {
  Sample_Reader reader{"name: x\n" + text};
  CPPUNIT_ASSERT_EQUAL(std::string{}, reader.errors.text());
  return reader.options;
}

/// `mistake`, from its column on, is told of `text`, which stands in line 2.
inline void expect_mistake(const std::string& mistake, const std::string& text) {
  CPPUNIT_ASSERT_EQUAL("a.yaml:2:" + mistake + '\n', Sample_Reader{"name: x\n" + text}.errors.text());
}

}  // namespace strata_test
