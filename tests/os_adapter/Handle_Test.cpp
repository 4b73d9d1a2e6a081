// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Handle.h>

#include <utility>
#include <vector>

#include <strata/os/Demultiplexer.h>
#include <strata/os/File.h>
#include <strata/os/Operations.h>
#include <strata/os/Signal_Source.h>
#include <strata/os/Socket.h>
#include <strata/os/Waker.h>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace strata_test;

std::vector<int> closed;
os::Raw note_close(os::Handle handle) {
  closed.push_back(handle.value());
  return 0;
}

class Handle_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Handle_Test);
  CPPUNIT_TEST(an_owned_handle_is_closed_once);
  CPPUNIT_TEST(a_moved_handle_is_closed_by_its_last_owner);
  CPPUNIT_TEST(a_released_handle_is_not_closed);
  CPPUNIT_TEST(a_close_that_is_interrupted_is_not_repeated);
  CPPUNIT_TEST(a_duplicate_reads_the_same_stream);
  CPPUNIT_TEST(every_descriptor_closes_on_exec);
  CPPUNIT_TEST(every_socket_is_non_blocking);
  CPPUNIT_TEST_SUITE_END();

  static void expect_closed(const std::vector<int>& expected) { CPPUNIT_ASSERT(expected == closed); }

 public:
  void setUp() override {
    Os_Fixture::setUp();
    closed.clear();
  }

  void an_owned_handle_is_closed_once() {
    Fault_Table faults;
    faults.table().close = note_close;
    {
      os::Unique_Handle handle{os::Handle{70}};
      handle.reset(os::Handle{71});
      expect_closed({70});
    }
    expect_closed({70, 71});
  }

  void a_moved_handle_is_closed_by_its_last_owner() {
    Fault_Table faults;
    faults.table().close = note_close;
    {
      os::Unique_Handle first{os::Handle{70}};
      os::Unique_Handle second{std::move(first)};
      os::Unique_Handle third{os::Handle{71}};
      third = std::move(second);
      expect_closed({71});
    }
    expect_closed({71, 70});
  }

  void a_released_handle_is_not_closed() {
    Fault_Table faults;
    faults.table().close = note_close;
    CPPUNIT_ASSERT_EQUAL(70, os::Unique_Handle{os::Handle{70}}.release().value());
    os::Unique_Handle{};
    expect_closed({});
  }

  void a_close_that_is_interrupted_is_not_repeated() {
    Fault_Table faults;
    faults.fail<&os::Operations::close>(std::errc::interrupted, 9);
    os::close(os::Handle{70});
    CPPUNIT_ASSERT_EQUAL(1, faults.calls<&os::Operations::close>());
  }

  void a_duplicate_reads_the_same_stream() {
    auto [near, far] = value_of(os::socket_pair());
    const auto copy = value_of(os::duplicate(near.get()));
    near.reset();
    value_of(os::send(far.get(), strata::as_bytes("x")));
    std::byte room[8];
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, value_of(os::receive(copy.get(), room)));
  }

  void every_descriptor_closes_on_exec() {
    const auto [near, far] = value_of(os::socket_pair());
    const auto copy = value_of(os::duplicate(near.get()));
    const auto socket = value_of(os::open_socket(os::Family::ipv4, os::Socket_Kind::datagram));
    const auto waker = value_of(os::Waker::open());
    const auto signals = value_of(os::Signal_Source::open({os::Signal::user2}));
    const auto file = value_of(os::File::open("/proc/self/status", os::Open_Mode::read));
    const os::Unique_Handle epoll{os::Handle{static_cast<int>(os::native_operations().epoll_open())}};
    for (const os::Handle one : {near.get(), far.get(), copy.get(), socket.get(), waker.handle(), signals.handle(),
                                 file.handle(), epoll.get()}) {
      CPPUNIT_ASSERT(closes_on_exec(one));
    }
  }

  void every_socket_is_non_blocking() {
    const auto [near, far] = value_of(os::socket_pair());
    const auto socket = value_of(os::open_socket(os::Family::local, os::Socket_Kind::stream));
    const auto waker = value_of(os::Waker::open());
    for (const os::Handle one : {near.get(), far.get(), socket.get(), waker.handle()}) {
      CPPUNIT_ASSERT(is_non_blocking(one));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Handle_Test);

}  // namespace
