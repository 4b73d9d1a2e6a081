// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Own_Options.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <strata/configurator/Kind_List.h>
#include <strata/configurator/Options.h>
#include <strata/configurator/Service.h>
#include <strata/configurator/Service_Repository.h>
#include <strata/connection/Acceptor.h>
#include <strata/connection/Svc_Handler.h>
#include <strata/reactor/Reactor.h>

#include "Sample_Options.h"

namespace {

using namespace strata_test;

int shift_seen = 0;

class Shifting final : public Svc_Handler {
 public:
  struct Options {
    int shift = 13;
    bool back = false;
    static constexpr auto fields() {
      return std::array{field<&Options::shift>("shift", "how far letters move").within(0, 25),
                        field<&Options::back>("back", "the other way")};
    }
  };
  explicit Shifting(Service& service) { shift_seen = service.options<Options>().shift; }

 private:
  Result<> handle_data(Bytes) override { return {}; }
};

class Plain final : public Svc_Handler {
  Result<> handle_data(Bytes) override { return {}; }
};

constexpr Service_Kind shifting_kind = detail::describe<Acceptor<Shifting>, "shifting">();
constexpr std::array<const Service_Kind*, 1> kinds{&shifting_kind};

/// Options with one key.
template <detail::Kind_Name key>
struct Keyed {
  int value = 0;
  static constexpr auto fields() {
    return std::array{field<&Keyed::value>({key.letters, sizeof key.letters - 1}, "a number")};
  }
};
struct Twice {
  int a = 0, b = 0;
  static constexpr auto fields() { return std::array{field<&Twice::a>("x", ""), field<&Twice::b>("x", "")}; }
};

static_assert(detail::keys_are_free<Keyed<"shift">>());
static_assert(!detail::keys_are_free<Keyed<"listen">>(), "a key of the framework must not compile");
static_assert(!detail::keys_are_free<Keyed<"library">>(), "nor one that it will have");
static_assert(!detail::keys_are_different<Twice>());
static_assert(detail::own_options<Plain>() == nullptr);

class Own_Options_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Own_Options_Test);
  CPPUNIT_TEST(every_key_of_the_framework_is_kept_from_handlers);
  CPPUNIT_TEST(own_options_are_listed_after_the_frameworks);
  CPPUNIT_TEST(a_handler_gets_what_its_file_says);
  CPPUNIT_TEST(what_the_file_leaves_out_is_the_default);
  CPPUNIT_TEST(mistakes_in_own_options_are_told_like_others);
  CPPUNIT_TEST(two_services_of_a_kind_have_options_of_their_own);
  CPPUNIT_TEST_SUITE_END();

  Config_Errors errors_;

 public:
  void setUp() override { errors_ = {}; }

 private:
  void configure(Service_Repository& services, const std::string& text) {
    std::vector<Service_Config> configs;
    constexpr Field list{};
    Value_Type<std::vector<Service_Config>>::read(tree_of(text), list, configs, errors_);
    services.configure(configs, errors_);
  }
  void expect(const std::string& mistakes, const std::string& options) {
    Service_Repository services{Service_Kinds{kinds}};
    configure(services, "- { name: a, kind: shifting, listen: 'tcp://*:0', " + options + " }");
    CPPUNIT_ASSERT_EQUAL(mistakes, errors_.text());
  }

  void every_key_of_the_framework_is_kept_from_handlers() {
    std::vector<std::string_view> keys;
    for (const Field& field : Service_Config::fields()) keys.push_back(field.key);
    const Option_Table frameworks = detail::acceptor_options(*kinds[0]).front();
    for (const Field& field : frameworks.fields) keys.push_back(field.key);
    for (const std::string_view key : keys) {
      CPPUNIT_ASSERT_MESSAGE(std::string{key}, std::ranges::find(detail::framework_keys, key) !=
                                                   detail::framework_keys.end());
    }
  }

  void own_options_are_listed_after_the_frameworks() {
    const std::string text = list_kinds(kinds);
    const std::string own =
        "  shift            integer           13        how far letters move\n"
        "  back             true or false     false     the other way\n";
    CPPUNIT_ASSERT_MESSAGE(text, text.ends_with(own));
  }

  /// Serves one connection, so that a handler is made.
  void a_handler_gets_what_its_file_says() {
    const auto reactor = Reactor::open();
    Service service{"a", **reactor};
    const Own_Options& own = *shifting_kind.acceptor->own;
    Any_Options options = own.make();
    read_fields(tree_of("shift: 5"), {{own.table().fields, options.object()}}, errors_);
    CPPUNIT_ASSERT_EQUAL(std::string{}, errors_.text());
    service.set_options(options);
    const Shifting handler{service};
    CPPUNIT_ASSERT_EQUAL(5, shift_seen);
  }

  void what_the_file_leaves_out_is_the_default() {
    expect("", "back: true");
    const Own_Options& own = *shifting_kind.acceptor->own;
    CPPUNIT_ASSERT_EQUAL(13, own.make().find<Shifting::Options>()->shift);
  }

  void mistakes_in_own_options_are_told_like_others() {
    expect("a.yaml:1:58: error: shift: \"26\" is not within 0 and 25\n", "shift: 26");
    errors_ = {};
    expect("a.yaml:1:51: error: unknown key \"shfit\"; did you mean \"shift\"?\n", "shfit: 5");
  }

  void two_services_of_a_kind_have_options_of_their_own() {
    const Own_Options& own = *shifting_kind.acceptor->own;
    Any_Options first = own.make(), second = own.make();
    static_cast<Shifting::Options*>(first.object())->shift = 1;
    CPPUNIT_ASSERT_EQUAL(13, second.find<Shifting::Options>()->shift);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Own_Options_Test);
