// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Mem_Map.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "Temporary_File.h"

using namespace strata;

namespace {

class Mem_Map_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Mem_Map_Test);
  CPPUNIT_TEST(a_file_is_read_in_memory);
  CPPUNIT_TEST(what_is_written_reaches_the_file);
  CPPUNIT_TEST(an_empty_file_is_no_bytes);
  CPPUNIT_TEST(a_mapping_outlives_the_files_name);
  CPPUNIT_TEST(moved_it_is_mapped_once);
  CPPUNIT_TEST(errors_name_the_path);
  CPPUNIT_TEST_SUITE_END();

  Temporary_File at_;

 public:
  void a_file_is_read_in_memory() {
    std::ofstream{at_.path} << "in memory";
    const Mem_Map map = Mem_Map::open(at_.path).value();
    CPPUNIT_ASSERT_EQUAL(std::string{"in memory"}, std::string{as_text(map.bytes())});
  }
  void what_is_written_reaches_the_file() {
    Mem_Map map = Mem_Map::open(at_.path, 10'000).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{10'000}, map.size());
    CPPUNIT_ASSERT(std::ranges::all_of(map.bytes(), [](std::byte b) { return b == std::byte{}; }));
    std::ranges::copy(as_bytes("at the end"), map.bytes().last(10).begin());
    CPPUNIT_ASSERT(map.sync());
    const Mem_Map again = Mem_Map::open(at_.path).value();
    CPPUNIT_ASSERT_EQUAL(std::string{"at the end"}, std::string{as_text(again.bytes().last(10))});
  }
  void an_empty_file_is_no_bytes() {
    std::ofstream{at_.path} << "";
    Mem_Map map = Mem_Map::open(at_.path).value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, map.size());
    CPPUNIT_ASSERT(map.sync());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, Mem_Map::open(at_.path, 0).value().size());
  }
  void a_mapping_outlives_the_files_name() {
    std::ofstream{at_.path} << "still here";
    const Mem_Map map = Mem_Map::open(at_.path).value();
    std::filesystem::remove(at_.path);
    CPPUNIT_ASSERT_EQUAL(std::string{"still here"}, std::string{as_text(map.bytes())});
  }
  void moved_it_is_mapped_once() {
    std::ofstream{at_.path} << "moved";
    Mem_Map map = Mem_Map::open(at_.path).value();
    Mem_Map other = std::move(map);
    map = std::move(other);
    CPPUNIT_ASSERT_EQUAL(std::string{"moved"}, std::string{as_text(std::as_const(map).bytes())});
  }
  void errors_name_the_path() {
    CPPUNIT_ASSERT_EQUAL("map " + at_.path + ": No such file or directory", Mem_Map::open(at_.path).error().what);
    CPPUNIT_ASSERT(Mem_Map::open("/tmp").error().code == std::errc::invalid_argument);
    CPPUNIT_ASSERT(!Mem_Map::open("/proc/none", 10));
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Mem_Map_Test);
