// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Splice.h>

#include <string>
#include <vector>

#include <strata/os/File.h>
#include <strata/os/Process.h>

#include "Broken_Pipe.h"
#include "Fault_Table.h"
#include "Loopback.h"

namespace {

namespace os = strata::os;
using namespace std::string_literals;
using namespace strata_test;

std::size_t fill(os::Handle handle) {
  const std::vector<std::byte> block(4096);
  std::size_t total = 0;
  for (auto count = os::write(handle, block); count; count = os::write(handle, block)) total += *count;
  return total;
}

class Splice_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Splice_Test);
  CPPUNIT_TEST(bytes_go_from_one_connection_to_another);
  CPPUNIT_TEST(a_file_goes_into_a_pipe);
  CPPUNIT_TEST(the_end_of_the_stream_is_nothing);
  CPPUNIT_TEST(nothing_to_take_would_block);
  CPPUNIT_TEST(a_full_pipe_would_block);
  CPPUNIT_TEST(a_full_socket_would_block_and_takes_the_rest_later);
  CPPUNIT_TEST(a_broken_pipe_is_an_error_and_nobody_dies);
  CPPUNIT_TEST(one_of_both_must_be_a_pipe);
  CPPUNIT_TEST(a_kernel_without_it_is_an_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  void bytes_go_from_one_connection_to_another() {
    const Listener listener = listen_on(loopback());
    const os::Handle_Pair from = connected_over(listener), to = connected_over(listener);
    const auto [reader, writer] = value_of(os::open_pipe());
    send_text(from.first.get(), "through");
    await(from.second.get(), os::Interest::input);
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, value_of(os::splice(from.second.get(), writer.get(), 1000)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, value_of(os::splice(reader.get(), to.first.get(), 3)));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, value_of(os::splice(reader.get(), to.first.get(), 1000)));
    CPPUNIT_ASSERT_EQUAL("through"s, receive_text(to.second.get(), 7));
  }

  void a_file_goes_into_a_pipe() {
    const auto file = value_of(os::open_file(value_of(os::executable_path()), os::Open_Mode::read));
    const auto [reader, writer] = value_of(os::open_pipe());
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, value_of(os::splice(file.get(), writer.get(), 4)));
    std::byte room[8];
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, value_of(os::read(reader.get(), room)));
    CPPUNIT_ASSERT_EQUAL("\177ELF"s, std::string{strata::as_text(strata::Const_Bytes{room}.first(4))});
  }

  void the_end_of_the_stream_is_nothing() {
    auto [near, far] = value_of(os::socket_pair());
    auto [reader, writer] = value_of(os::open_pipe());
    near.reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(os::splice(far.get(), writer.get(), 1000)));
    writer.reset();
    const auto [here, there] = value_of(os::socket_pair());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(os::splice(reader.get(), here.get(), 1000)));
  }

  void nothing_to_take_would_block() {
    const auto [near, far] = value_of(os::socket_pair());
    const auto [reader, writer] = value_of(os::open_pipe());
    expect_error(std::errc::operation_would_block, os::splice(near.get(), writer.get(), 1000));
    expect_error(std::errc::operation_would_block, os::splice(reader.get(), near.get(), 1000));
  }

  void a_full_pipe_would_block() {
    const auto [near, far] = value_of(os::socket_pair());
    const auto [reader, writer] = value_of(os::open_pipe());
    fill(writer.get());
    send_text(near.get(), "x");
    expect_error(std::errc::operation_would_block, os::splice(far.get(), writer.get(), 1000));
  }

  void a_full_socket_would_block_and_takes_the_rest_later() {
    const auto [near, far] = value_of(os::socket_pair());
    const auto [reader, writer] = value_of(os::open_pipe());
    const std::size_t filled = fill(near.get());
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, value_of(os::write(writer.get(), strata::as_bytes("late"))));
    expect_error(std::errc::operation_would_block, os::splice(reader.get(), near.get(), 1000));
    receive_text(far.get(), filled);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, value_of(os::splice(reader.get(), near.get(), 1000)));
    CPPUNIT_ASSERT_EQUAL("late"s, receive_text(far.get(), 4));
  }

  void a_broken_pipe_is_an_error_and_nobody_dies() {
    auto [near, far] = value_of(os::socket_pair());
    auto [reader, writer] = value_of(os::open_pipe());
    value_of(os::write(writer.get(), strata::as_bytes("x")));
    far.reset();
    strata::Result<std::size_t> to_socket, to_pipe;
    where_a_broken_pipe_kills([&] { to_socket = os::splice(reader.get(), near.get(), 1000); });
    expect_error(std::errc::broken_pipe, to_socket);
    reader.reset();
    const auto [here, there] = value_of(os::socket_pair());
    send_text(here.get(), "x");
    where_a_broken_pipe_kills([&] { to_pipe = os::splice(there.get(), writer.get(), 1000); });
    expect_error(std::errc::broken_pipe, to_pipe);
  }

  void one_of_both_must_be_a_pipe() {
    const auto [near, far] = value_of(os::socket_pair());
    expect_error(std::errc::invalid_argument, os::splice(near.get(), far.get(), 1000));
    expect_error(std::errc::bad_file_descriptor, os::splice(os::Handle{}, far.get(), 1000));
  }

  void a_kernel_without_it_is_an_error() {
    Fault_Table faults;
    faults.fail<&os::Operations::splice>(std::errc::function_not_supported, 1);
    expect_error(std::errc::function_not_supported, os::splice(os::Handle{70}, os::Handle{71}, 1));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Splice_Test);

}  // namespace
