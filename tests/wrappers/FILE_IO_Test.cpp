// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/FILE_IO.h>

#include <array>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Operations.h>

#include "Temporary_File.h"

using namespace strata;
using os::Open_Mode;

namespace {

os::Raw one_byte_at_most(os::Handle h, std::byte* data, std::size_t size, std::uint64_t offset) {
  return os::native_operations().file_read_at(h, data, std::min<std::size_t>(size, 1), offset);
}
os::Raw one_byte_written(os::Handle h, const std::byte* data, std::size_t size, std::uint64_t offset) {
  return os::native_operations().file_write_at(h, data, std::min<std::size_t>(size, 1), offset);
}
os::Raw disk_full(os::Handle, const std::byte*, std::size_t, std::uint64_t) {
  return -static_cast<os::Raw>(std::errc::no_space_on_device);
}

class FILE_IO_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FILE_IO_Test);
  CPPUNIT_TEST(what_is_written_at_a_place_is_read_there);
  CPPUNIT_TEST(a_read_is_short_only_at_the_end);
  CPPUNIT_TEST(transfers_in_pieces_are_finished);
  CPPUNIT_TEST(beyond_the_end_it_grows_with_zeros);
  CPPUNIT_TEST(it_is_cut_and_grown);
  CPPUNIT_TEST(appended_bytes_go_to_the_end);
  CPPUNIT_TEST(a_full_disk_is_an_error);
  CPPUNIT_TEST(a_file_to_update_is_kept);
  CPPUNIT_TEST(a_file_to_read_is_not_written);
  CPPUNIT_TEST(errors_name_the_path);
  CPPUNIT_TEST_SUITE_END();

  Temporary_File at_;

  FILE_IO open(Open_Mode mode = Open_Mode::update) { return FILE_IO::open(at_.path, mode).value(); }
  static std::string read(FILE_IO& file, std::size_t most = 1000, std::uint64_t offset = 0) {
    std::string text(most, '\0');
    text.resize(file.read(std::as_writable_bytes(std::span{text}), offset).value());
    return text;
  }

 public:
  void what_is_written_at_a_place_is_read_there() {
    FILE_IO file = open();
    CPPUNIT_ASSERT(file.write(as_bytes("0123456789"), 0));
    CPPUNIT_ASSERT(file.write(as_bytes("ab"), 3));
    CPPUNIT_ASSERT_EQUAL(std::string{"012ab56789"}, read(file));
    CPPUNIT_ASSERT_EQUAL(std::string{"ab5"}, read(file, 3, 3));
    CPPUNIT_ASSERT(file.sync());
  }
  void a_read_is_short_only_at_the_end() {
    FILE_IO file = open();
    CPPUNIT_ASSERT(file.write(as_bytes("0123"), 0));
    CPPUNIT_ASSERT_EQUAL(std::string{"23"}, read(file, 100, 2));
    CPPUNIT_ASSERT_EQUAL(std::string{}, read(file, 100, 4));
    CPPUNIT_ASSERT_EQUAL(std::string{}, read(file, 100, 1'000'000));
  }
  void transfers_in_pieces_are_finished() {
    os::Operations table = os::native_operations();
    table.file_read_at = &one_byte_at_most;
    table.file_write_at = &one_byte_written;
    const os::Operations_Scope scope{table};
    FILE_IO file = open();
    CPPUNIT_ASSERT(file.write(as_bytes("in pieces"), 5));
    CPPUNIT_ASSERT_EQUAL(std::string{"in pieces"}, read(file, 100, 5));
  }
  void beyond_the_end_it_grows_with_zeros() {
    FILE_IO file = open();
    CPPUNIT_ASSERT(file.write(as_bytes("x"), 3));
    CPPUNIT_ASSERT_EQUAL(std::string("\0\0\0x", 4), read(file));
  }
  void it_is_cut_and_grown() {
    FILE_IO file = open();
    CPPUNIT_ASSERT(file.write(as_bytes("0123456789"), 0));
    CPPUNIT_ASSERT(file.resize(4));
    CPPUNIT_ASSERT_EQUAL(std::string{"0123"}, read(file));
    CPPUNIT_ASSERT(file.resize(std::uint64_t{1} << 32));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1} << 32, file.size().value());
    CPPUNIT_ASSERT(file.write(as_bytes("far"), std::uint64_t{1} << 32));
    CPPUNIT_ASSERT_EQUAL(std::string{"far"}, read(file, 10, std::uint64_t{1} << 32));
  }
  void appended_bytes_go_to_the_end() {
    FILE_IO file = open(Open_Mode::append);
    CPPUNIT_ASSERT(file.append(as_bytes("one ")));
    CPPUNIT_ASSERT(file.append(as_bytes("two")));
    FILE_IO again = open(Open_Mode::read);
    CPPUNIT_ASSERT_EQUAL(std::string{"one two"}, read(again));
  }
  void a_full_disk_is_an_error() {
    os::Operations table = os::native_operations();
    table.file_write_at = &disk_full;
    FILE_IO file = open();
    const os::Operations_Scope scope{table};
    CPPUNIT_ASSERT(file.write(as_bytes("x"), 0).error() == std::errc::no_space_on_device);
  }
  void a_file_to_update_is_kept() {
    CPPUNIT_ASSERT(open().write(as_bytes("kept"), 0));
    FILE_IO again = open();
    CPPUNIT_ASSERT_EQUAL(std::string{"kept"}, read(again));
  }
  void a_file_to_read_is_not_written() {
    CPPUNIT_ASSERT(open().write(as_bytes("x"), 0));
    FILE_IO file = open(Open_Mode::read);
    CPPUNIT_ASSERT(file.write(as_bytes("y"), 0).error() == std::errc::bad_file_descriptor);
  }
  void errors_name_the_path() {
    const Outcome<FILE_IO> missing = FILE_IO::open(at_.path);
    CPPUNIT_ASSERT_EQUAL("open " + at_.path + ": No such file or directory", missing.error().what);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(FILE_IO_Test);
