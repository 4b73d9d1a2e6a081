// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Plugin_Rig.h"

namespace {

using namespace strata_test;

class Plugin_File_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Plugin_File_Test);
  CPPUNIT_TEST(options_are_checked_by_the_note_alone);
  CPPUNIT_TEST(a_kind_that_it_does_not_have_is_told);
  CPPUNIT_TEST(what_others_can_write_is_refused);
  CPPUNIT_TEST(what_is_not_there_is_refused);
  CPPUNIT_TEST(a_plugin_of_another_strata_is_refused_before_its_code_runs);
  CPPUNIT_TEST(a_library_that_is_no_plugin_is_refused);
  CPPUNIT_TEST(a_file_cut_short_anywhere_is_refused);
  CPPUNIT_TEST(a_bit_flipped_in_its_headers_is_an_answer);
  CPPUNIT_TEST(a_note_that_is_damaged_is_refused);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<Plugin_Rig> rig_;

 public:
  void setUp() override { rig_ = std::make_unique<Plugin_Rig>(); }
  void tearDown() override { rig_.reset(); }

 private:
  std::string complaint(const std::string& kind = "guest", const std::string& rest = "") {
    return rig_->configure("{ name: a, kind: " + kind + ", library: x.so" + rest + " }");
  }
  void expect_refused(const std::string& why) {
    CPPUNIT_ASSERT_EQUAL("test.yaml:1:35: error: library: x.so: " + why + '\n', complaint());
    CPPUNIT_ASSERT(rig_->errors().all_outside());
  }

  void options_are_checked_by_the_note_alone() {
    rig_->write("x", Plugin_Rig::image("guest"));
    CPPUNIT_ASSERT_EQUAL(std::string{}, complaint());
    CPPUNIT_ASSERT_EQUAL(std::string{"test.yaml:1:41: error: unknown key \"thows\"; did you mean \"throws\"?\n"},
                         complaint("guest", ", thows: x"));
    CPPUNIT_ASSERT_EQUAL(std::string{"test.yaml:1:49: error: throws: \"stat\" is not one of: never configure prepare "
                                     "start stop; did you mean \"start\"?\n"},
                         complaint("guest", ", throws: stat"));
    CPPUNIT_ASSERT(!rig_->errors().all_outside());
    CPPUNIT_ASSERT_EQUAL(0, Plugin_Rig::mappings("x.so"));
  }

  void a_kind_that_it_does_not_have_is_told() {
    rig_->write("x", Plugin_Rig::image("guest"));
    CPPUNIT_ASSERT_EQUAL(
        std::string{"test.yaml:1:19: error: kind: no kind in \"x.so\" is called \"gues\"; did you mean \"guest\"?\n"},
        complaint("gues"));
  }

  void what_others_can_write_is_refused() {
    for (const unsigned permissions : {0664u, 0646u}) {
      rig_->write("x", Plugin_Rig::image("guest"), permissions);
      expect_refused("it can be written by others");
    }
    rig_->write("x", Plugin_Rig::image("guest"));
    fs::permissions(rig_->folder(), fs::perms{0777});
    expect_refused("its folder can be written by others");
  }

  void what_is_not_there_is_refused() {
    expect_refused("No such file or directory");
    fs::create_directory(rig_->folder() / "x.so");
    expect_refused("not a regular file");
  }

  void a_plugin_of_another_strata_is_refused_before_its_code_runs() {
    rig_->write("x", Plugin_Rig::image("alien"));
    const std::string text = complaint("alien");
    CPPUNIT_ASSERT_MESSAGE(text, text.find("x.so: built for strata 0, libstdc++ 3, layouts 0, but this is strata ") !=
                                     text.npos);
  }

  void a_library_that_is_no_plugin_is_refused() {
    rig_->write("x", Plugin_Rig::image("bare"));
    expect_refused("not a plugin of Strata: it has no STRATA_SERVICE");
    rig_->write("x", "#!/bin/sh\n" + std::string(1000, '\n'));
    expect_refused("not an ELF file");
    std::string other = Plugin_Rig::image("guest");
    other[4] = 1;  // ELFCLASS32
    rig_->write("x", other);
    expect_refused("for another word size");
    std::string stack = Plugin_Rig::image("guest");
    const std::size_t entry = stack.find(std::string{"\x51\xe5\x74\x64\x06\0\0\0", 8});  // PT_GNU_STACK, rw-
    CPPUNIT_ASSERT(entry != stack.npos);
    stack[entry + 4] = 7;
    rig_->write("x", stack);
    expect_refused("it wants an executable stack");
  }

  void a_file_cut_short_anywhere_is_refused() {
    const std::string whole = Plugin_Rig::image("guest");
    for (std::size_t size = 0; size < 12'000; size += size < 1000 ? 13 : 997) {
      rig_->write("x", whole.substr(0, size));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size), !complaint().empty());
      CPPUNIT_ASSERT(rig_->errors().all_outside());
    }
  }

  /// Refused, or without meaning for the loader: then it serves.
  void a_bit_flipped_in_its_headers_is_an_answer() {
    const std::string whole = Plugin_Rig::image("guest");
    for (std::size_t bit = 0; bit < 560 * 8; bit += 7) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      rig_->write("x", flipped);
      if (!complaint().empty()) continue;
      if (rig_->prepare() && rig_->services().start()) rig_->stop();
    }
  }

  void a_note_that_is_damaged_is_refused() {
    std::string image = Plugin_Rig::image("guest");
    const std::size_t note = image.find("{\"abi\":");
    CPPUNIT_ASSERT(note != image.npos);
    const std::size_t type = image.find("\"type\":[", note);
    image.replace(type, 8, "\"typ\":[[");
    rig_->write("x", image);
    expect_refused("its note is damaged");
    image[note] = '[';
    rig_->write("x", image);
    expect_refused("its note is damaged");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Plugin_File_Test);

}  // namespace
