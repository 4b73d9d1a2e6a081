// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Handle_Passing.h>

#include <array>
#include <string>
#include <vector>

#include <strata/os/Socket.h>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace strata_test;

class Handle_Passing_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Handle_Passing_Test);
  CPPUNIT_TEST(a_passed_descriptor_is_the_same_open_file);
  CPPUNIT_TEST(bytes_come_without_descriptors_too);
  CPPUNIT_TEST(as_many_pass_as_the_kernel_takes);
  CPPUNIT_TEST(more_than_asked_for_are_closed_and_told);
  CPPUNIT_TEST(no_bytes_or_too_many_are_refused);
  CPPUNIT_TEST(nothing_there_would_block_and_the_end_is_0);
  CPPUNIT_TEST(an_interrupted_call_is_repeated);
  CPPUNIT_TEST_SUITE_END();

  os::Handle_Pair pair_;
  std::array<std::byte, 16> room_;

 public:
  void setUp() override {
    Os_Fixture::setUp();
    pair_ = value_of(os::socket_pair());
  }
  void tearDown() override {
    pair_ = {};
    Os_Fixture::tearDown();
  }

  void a_passed_descriptor_is_the_same_open_file() {
    os::Handle_Pair pipe = value_of(os::open_pipe());
    const os::Handle writer = pipe.second.get();
    const auto sent = os::send_handles(pair_.first.get(), strata::as_bytes("hi"), {&writer, 1});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, value_of(sent));
    pipe.second.reset();
    const os::Passed passed = value_of(os::receive_handles(pair_.second.get(), room_, 4));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, passed.size);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, passed.handles.size());
    CPPUNIT_ASSERT(os::write(passed.handles[0].get(), strata::as_bytes("through")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, value_of(os::read(pipe.first.get(), room_)));
    CPPUNIT_ASSERT(os::adopt(passed.handles[0].get()).error() == std::errc::file_exists);  // it is close-on-exec
  }

  void bytes_come_without_descriptors_too() {
    value_of(os::send_handles(pair_.first.get(), strata::as_bytes("plain"), {}));
    const os::Passed passed = value_of(os::receive_handles(pair_.second.get(), room_, 4));
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, passed.size);
    CPPUNIT_ASSERT(passed.handles.empty());
  }

  void as_many_pass_as_the_kernel_takes() {
    const std::vector<os::Handle> all(os::max_passed_handles, pair_.first.get());
    value_of(os::send_handles(pair_.first.get(), strata::as_bytes("x"), all));
    const os::Passed passed = value_of(os::receive_handles(pair_.second.get(), room_, all.size()));
    CPPUNIT_ASSERT_EQUAL(all.size(), passed.handles.size());
  }

  void more_than_asked_for_are_closed_and_told() {
    const std::array<os::Handle, 3> three{pair_.first.get(), pair_.first.get(), pair_.first.get()};
    value_of(os::send_handles(pair_.first.get(), strata::as_bytes("x"), three));
    CPPUNIT_ASSERT(os::receive_handles(pair_.second.get(), room_, 2).error() == std::errc::message_size);
    value_of(os::send_handles(pair_.first.get(), strata::as_bytes("y"), three));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, value_of(os::receive_handles(pair_.second.get(), room_, 3)).handles.size());
  }

  void no_bytes_or_too_many_are_refused() {
    const std::vector<os::Handle> many(os::max_passed_handles + 1, pair_.first.get());
    CPPUNIT_ASSERT(os::send_handles(pair_.first.get(), strata::as_bytes("x"), many).error() ==
                   std::errc::invalid_argument);
    CPPUNIT_ASSERT(os::send_handles(pair_.first.get(), {}, {}).error() == std::errc::invalid_argument);
  }

  void nothing_there_would_block_and_the_end_is_0() {
    CPPUNIT_ASSERT(os::receive_handles(pair_.second.get(), room_, 1).error() == std::errc::operation_would_block);
    pair_.first.reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, value_of(os::receive_handles(pair_.second.get(), room_, 1)).size);
  }

  void an_interrupted_call_is_repeated() {
    Fault_Table faults;
    faults.fail<&os::Operations::send_handles>(std::errc::interrupted, 3);
    faults.fail<&os::Operations::receive_handles>(std::errc::interrupted, 3);
    value_of(os::send_handles(pair_.first.get(), strata::as_bytes("x"), {}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, value_of(os::receive_handles(pair_.second.get(), room_, 1)).size);
  }
};

}  // namespace

CPPUNIT_TEST_SUITE_REGISTRATION(Handle_Passing_Test);
