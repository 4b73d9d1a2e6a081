// SPDX-License-Identifier: Apache-2.0
// The random calls of the simulator's `reactor` scenario on the kernel's mechanisms: the same model, the same diaries.
#include "Api_Fuzz.h"

#include <string>
#include <string_view>

#include <cppunit/extensions/HelperMacros.h>

#include <strata/logging/Log_System.h>
#include <strata_test/Backend.h>
#include <strata_test/Scale.h>

namespace strata_test {

class Api_Fuzz_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Api_Fuzz_Test);
  CPPUNIT_TEST(each_mechanism_does_as_the_model_says);
  CPPUNIT_TEST(diaries_are_equal_on_every_mechanism);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { strata::Log_System::process().set_level("", strata::Log_Level::off); }

  void each_mechanism_does_as_the_model_says() {
    for (const std::string_view mechanism : mechanisms()) {
      const std::uint64_t runs = count(mechanism == "sim" ? 100'000'000 : 10'000'000) / operations;
      for (std::uint64_t seed = 1'000; seed < 1'000 + runs; ++seed) (void)diaries(mechanism, seed);
    }
  }

  void diaries_are_equal_on_every_mechanism() {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      const std::string simulated = diaries("sim", seed);
      for (const std::string_view mechanism : mechanisms()) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string{mechanism}, simulated, diaries(mechanism, seed));
      }
    }
  }

 private:
  static constexpr std::size_t operations = 200;

  static std::string diaries(std::string_view mechanism, std::uint64_t seed) {
    Backend backend{mechanism};
    strata::Reactor_Options options;
    options.demultiplexer = backend.demultiplexer();
    options.timers = seed % 2 == 0 ? strata::Timer_Kind::wheel : strata::Timer_Kind::heap;
    Api_Fuzz fuzz{seed, options, [&](strata::Duration by) { backend.advance(by); }};
    fuzz.run(operations);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string{mechanism} + ", seed " + std::to_string(seed), std::string{},
                                 fuzz.complaint());
    return fuzz.diaries();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Api_Fuzz_Test);

}  // namespace strata_test
