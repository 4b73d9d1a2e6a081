// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Shared_Library.h>

#include <string>

#include <strata/os/File.h>

#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using os::Shared_Library;
using namespace strata_test;

class Shared_Library_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Shared_Library_Test);
  CPPUNIT_TEST(a_function_is_found_and_runs);
  CPPUNIT_TEST(one_image_can_be_loaded_beside_itself);
  CPPUNIT_TEST(symbols_of_libraries_below_are_not_its_own);
  CPPUNIT_TEST(unloaded_it_is_gone_from_the_process);
  CPPUNIT_TEST(what_the_system_keeps_mapped_is_told);
  CPPUNIT_TEST(an_unresolved_symbol_is_named);
  CPPUNIT_TEST(what_is_no_image_is_refused);
  CPPUNIT_TEST_SUITE_END();

  using Count = int();

  static std::string image(const char* name) {
    return value_of(os::read_file(std::string{STRATA_TEST_IMAGES "/libimage_"} + name + ".so", 1 << 24));
  }
  static Shared_Library load(const char* name) {
    strata::Outcome<Shared_Library> loaded = Shared_Library::load(strata::as_bytes(image(name)), name);
    CPPUNIT_ASSERT_MESSAGE(loaded ? "" : loaded.error().what, loaded.has_value());
    return std::move(*loaded);
  }
  static int call(const Shared_Library& library) {
    return reinterpret_cast<Count*>(const_cast<void*>(library.find("count_call")))();
  }
  static bool is_mapped(const std::string& name) {
    std::ifstream maps{"/proc/self/maps"};
    for (std::string line; std::getline(maps, line);) {
      if (line.find("/memfd:" + name) != line.npos) return true;
    }
    return false;
  }
  static std::string refusal(const std::string& bytes) {
    const strata::Outcome<Shared_Library> loaded = Shared_Library::load(strata::as_bytes(bytes), "broken");
    CPPUNIT_ASSERT(!loaded);
    return loaded.error().what;
  }

 public:
  void a_function_is_found_and_runs() {
    const Shared_Library library = load("counter");
    CPPUNIT_ASSERT_EQUAL(1, call(library));
    CPPUNIT_ASSERT(library.find("no_such_symbol") == nullptr);
    CPPUNIT_ASSERT(library.contains(library.find("count_call")));
    CPPUNIT_ASSERT(!library.contains(&library));
  }

  void one_image_can_be_loaded_beside_itself() {
    const Shared_Library first = load("counter");
    const Shared_Library second = load("counter");
    CPPUNIT_ASSERT_EQUAL(1, call(first));
    CPPUNIT_ASSERT_EQUAL(2, call(first));
    CPPUNIT_ASSERT_EQUAL(1, call(second));
  }

  void symbols_of_libraries_below_are_not_its_own() { CPPUNIT_ASSERT(load("counter").find("printf") == nullptr); }

  void unloaded_it_is_gone_from_the_process() {
    for (int i = 0; i < 100; ++i) {
      Shared_Library library = load("counter");
      CPPUNIT_ASSERT(is_mapped("counter"));
      CPPUNIT_ASSERT(library.unload());
      CPPUNIT_ASSERT(!is_mapped("counter"));
    }
  }

  void what_the_system_keeps_mapped_is_told() {
    // Its descriptor stays too, as long as the process: it is made in a child of the count.
    static Shared_Library* const kept = new Shared_Library{load("pinned")};
    CPPUNIT_ASSERT_EQUAL(2, call(*kept));
    CPPUNIT_ASSERT(!kept->unload());
    CPPUNIT_ASSERT(is_mapped("pinned"));
    Os_Fixture::setUp();  // counts descriptors anew
  }

  void an_unresolved_symbol_is_named() {
    CPPUNIT_ASSERT_EQUAL(std::string{"undefined symbol: nobody_defines_this"}, refusal(image("unresolved")));
  }

  void what_is_no_image_is_refused() {
    CPPUNIT_ASSERT_EQUAL(std::string{"too short to be an ELF file"}, refusal(""));
    CPPUNIT_ASSERT_EQUAL(std::string{"not an ELF file"}, refusal(std::string(4096, 'x')));
    CPPUNIT_ASSERT_EQUAL(std::string{"truncated or damaged: a segment"}, refusal(image("counter").substr(0, 1000)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Shared_Library_Test);

}  // namespace
