// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Pipe.h>

#include <array>
#include <string>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <strata/os/Operations.h>
#include <strata_test/Descriptor_Guard.h>

using namespace strata;

namespace {

class Pipe_Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Pipe_Test);
  CPPUNIT_TEST(what_is_written_is_read_in_order);
  CPPUNIT_TEST(an_empty_one_and_a_full_one_would_block);
  CPPUNIT_TEST(without_a_writer_it_ends);
  CPPUNIT_TEST(without_a_reader_it_is_broken_and_nobody_dies);
  CPPUNIT_TEST(an_end_can_be_given_away);
  CPPUNIT_TEST(out_of_descriptors_is_an_error);
  CPPUNIT_TEST_SUITE_END();

  strata_test::Descriptor_Guard descriptors_;
  std::array<std::byte, 100> room_;

  std::string read(Pipe& pipe) {
    return std::string{as_text(Const_Bytes{room_}.first(pipe.read(room_).value()))};
  }

 public:
  void tearDown() override { descriptors_.check(); }

  void what_is_written_is_read_in_order() {
    Pipe pipe = Pipe::open().value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, pipe.write(as_bytes("one")).value());
    CPPUNIT_ASSERT(pipe.write(as_bytes("two")));
    CPPUNIT_ASSERT_EQUAL(std::string{"onetwo"}, read(pipe));
  }
  void an_empty_one_and_a_full_one_would_block() {
    Pipe pipe = Pipe::open().value();
    CPPUNIT_ASSERT(pipe.read(room_).error() == std::errc::operation_would_block);
    Result<std::size_t> taken;
    while ((taken = pipe.write(room_))) continue;
    CPPUNIT_ASSERT(taken.error() == std::errc::operation_would_block);
  }
  void without_a_writer_it_ends() {
    Pipe pipe = Pipe::open().value();
    CPPUNIT_ASSERT(pipe.write(as_bytes("last")));
    pipe.close_write();
    CPPUNIT_ASSERT_EQUAL(std::string{"last"}, read(pipe));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pipe.read(room_).value());
  }
  void without_a_reader_it_is_broken_and_nobody_dies() {
    Pipe pipe = Pipe::open().value();
    pipe.close_read();
    CPPUNIT_ASSERT(pipe.write(as_bytes("x")).error() == std::errc::broken_pipe);
  }
  void an_end_can_be_given_away() {
    Pipe pipe = Pipe::open().value();
    const os::Unique_Handle writer = pipe.release_write();
    CPPUNIT_ASSERT(!pipe.write_handle().valid());
    CPPUNIT_ASSERT(os::write(writer.get(), as_bytes("x")));
    CPPUNIT_ASSERT_EQUAL(std::string{"x"}, read(pipe));
  }
  void out_of_descriptors_is_an_error() {
    os::Operations table = os::native_operations();
    table.pipe_open = [](os::Handle*) { return -static_cast<os::Raw>(std::errc::too_many_files_open); };
    const os::Operations_Scope scope{table};
    CPPUNIT_ASSERT(Pipe::open().error() == std::errc::too_many_files_open);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Pipe_Test);
