// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <random>
#include <string>
#include <string_view>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/configurator/Linked_Kinds.h>
#include <strata/configurator/Service_Repository.h>
#include <strata/configurator/Yaml_Reader.h>
#include <strata/daemon/Daemon_Config.h>
#include <strata_test/Scale.h>

namespace {

using namespace strata;

constexpr std::string_view sound = R"(strata: 1
environment: [HOME]
daemon: { name: stratad, demultiplexer: auto, spin: 50us, queue_limit: 1GiB, shutdown: { drain: 3s } }
logging:
  level: debug
  levels: { reactor: off, "echo.x": warning }
  file: /tmp/x.log
  rotation: { size: 1MiB, archives: 3 }
services:
  - &first { name: echo, kind: echo, listen: "tcp://127.0.0.1:7007", idle_timeout: 30s, high_water: 1MiB }
  - { name: other, kind: echo, listen: [ "unix:///tmp/x", 'tcp://[::1]:1' ], overflow: shed, low_water: 1 }
  - name: third
    kind: echo
    listen: tcp://*:8080
    defer_accept: 3s
)";

/// A configuration that somebody has broken at a few places: refused with the place, or taken.
class Mutated_Config_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Mutated_Config_Test);
  CPPUNIT_TEST(the_original_is_taken);
  CPPUNIT_TEST(a_mutated_configuration_is_refused_with_a_place_or_taken);
  CPPUNIT_TEST_SUITE_END();

  static Config_Errors check(const std::string& text) {
    const auto root = read_yaml(text, "a.yaml");
    if (!root) return root.error();
    Config_Errors errors;
    const Daemon_Config config = read_daemon_config(*root, errors);
    Service_Repository services{linked_kinds()};
    services.configure(config.services, errors);
    return errors;
  }

  static std::string mutated(std::mt19937_64& random) {
    static constexpr std::array<std::string_view, 24> pieces{
        "{", "}",  "[",  "]",  ":",  ": ",  ",",   "\n",    "\n  ", "\t", "\"", "'",
        "#", "- ", "*x", "&x", "!!", "---", "...", "\xff",  "?",    "|",  "~",  "99999999999999999999"};
    const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
    std::string text{sound};
    for (std::size_t i = below(4) + 1; i != 0; --i) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0: text.erase(at, below(12) + 1); break;
        case 1: text.insert(at, pieces[below(pieces.size())]); break;
        case 2: text.insert(at, text.substr(below(text.size()), below(60))); break;
        case 3: text[at] = static_cast<char>(random()); break;
        default: text.replace(at, below(6), pieces[below(pieces.size())]); break;
      }
    }
    return text;
  }

 public:
  void the_original_is_taken() { CPPUNIT_ASSERT_EQUAL(std::string{}, check(std::string{sound}).text()); }

  void a_mutated_configuration_is_refused_with_a_place_or_taken() {
    std::mt19937_64 random{1};
    std::size_t taken = 0;
    const std::uint64_t all = strata_test::count(1'000'000);
    for (std::uint64_t i = 0; i < all; ++i) {
      const std::string text = mutated(random);
      const Config_Errors errors = check(text);
      if (errors.empty()) ++taken;
      for (const Config_Error& error : errors) {
        CPPUNIT_ASSERT_MESSAGE(text, error.mark.line >= 1 && error.mark.column >= 1);
        CPPUNIT_ASSERT_MESSAGE(text, error.file == "a.yaml" && !error.message.empty());
      }
    }
    const bool mixed = taken > all / 100 && taken < all / 2;  // neither all harmless nor all hopeless
    CPPUNIT_ASSERT_MESSAGE(std::to_string(taken), mixed);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Mutated_Config_Test);

}  // namespace
