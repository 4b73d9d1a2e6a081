// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Schema.h>

#include <array>
#include <string>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <nlohmann/json.hpp>

#include "Sample_Options.h"

namespace {

using namespace strata_test;
using Json = nlohmann::json;

/// That a schema accepts what stratad accepts is shown with a validator, in tests/stratad.
class Config_Schema_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Config_Schema_Test);
  CPPUNIT_TEST(every_key_has_its_type_help_and_default);
  CPPUNIT_TEST(ranges_and_words_are_told);
  CPPUNIT_TEST(required_and_unknown_keys_are_told);
  CPPUNIT_TEST(mappings_and_lists_are_described_inside);
  CPPUNIT_TEST_SUITE_END();

  static const Json& schema() {
    static const Sample_Options defaults;
    static const Json parsed = Json::parse(config_schema(&Sample_Options::fields, &defaults, {}));
    return parsed;
  }
  static const Json& property(const char* key) { return schema().at("properties").at(key); }

  void every_key_has_its_type_help_and_default() {
    CPPUNIT_ASSERT_EQUAL(Sample_Options::fields().size(), schema().at("properties").size());
    CPPUNIT_ASSERT(property("enabled") == Json::parse(R"({"type":"boolean","description":"whether","default":false})"));
    CPPUNIT_ASSERT_EQUAL(13, property("shift").at("default").get<int>());
    CPPUNIT_ASSERT_EQUAL(std::string{"250ms"}, property("linger").at("default").get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string{"1MiB"}, property("high_water").at("default").get<std::string>());
  }

  void ranges_and_words_are_told() {
    CPPUNIT_ASSERT_EQUAL(1, property("shift").at("minimum").get<int>());
    CPPUNIT_ASSERT_EQUAL(25, property("shift").at("maximum").get<int>());
    CPPUNIT_ASSERT(property("overflow").at("enum") == Json::parse(R"(["pause","close","shed"])"));
    CPPUNIT_ASSERT(property("engine").at("enum") == Json::parse(R"(["auto","epoll"])"));
  }

  void required_and_unknown_keys_are_told() {
    CPPUNIT_ASSERT(schema().at("required") == Json::parse(R"(["name"])"));
    CPPUNIT_ASSERT(schema().at("additionalProperties") == false);
    CPPUNIT_ASSERT(!property("name").contains("default"));
  }

  void mappings_and_lists_are_described_inside() {
    const Json& drain = property("inner").at("properties").at("drain");
    CPPUNIT_ASSERT_EQUAL(std::string{"10s"}, drain.at("default").get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string{"array"}, property("tags").at("type").get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, property("places").at("anyOf").size());
    CPPUNIT_ASSERT_EQUAL(std::string{"integer"},
                         property("weights").at("additionalProperties").at("type").get<std::string>());
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Config_Schema_Test);
