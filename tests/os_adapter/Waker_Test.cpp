// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Waker.h>

#include <cstdint>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Operations.h>
#include <strata/os/Thread.h>

#include "Fault_Table.h"
#include "Os_Fixture.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;

class Waker_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Waker_Test);
  CPPUNIT_TEST(many_wakes_are_one_until_cleared);
  CPPUNIT_TEST(a_full_counter_does_not_block_the_waker);
  CPPUNIT_TEST(a_wake_of_another_thread_ends_a_wait_without_timeout);
  CPPUNIT_TEST(without_descriptors_there_is_no_waker);
  CPPUNIT_TEST_SUITE_END();

  static bool is_ready(os::Handle handle) {
    auto demultiplexer = value_of(os::open_demultiplexer("poll"));
    expect_done(demultiplexer->add(handle, os::Interest::input, 1));
    os::Ready ready[1];
    return value_of(demultiplexer->wait(ready, 0ns)) == 1;
  }

 public:
  void many_wakes_are_one_until_cleared() {
    os::Waker waker = value_of(os::Waker::open());
    CPPUNIT_ASSERT(!is_ready(waker.handle()));
    for (int i = 0; i < 3; ++i) waker.wake();
    CPPUNIT_ASSERT(is_ready(waker.handle()));
    waker.clear();
    CPPUNIT_ASSERT(!is_ready(waker.handle()));
    waker.clear();  // nothing to clear: does not block
  }

  void a_full_counter_does_not_block_the_waker() {
    os::Waker waker = value_of(os::Waker::open());
    const std::uint64_t largest = ~std::uint64_t{0} - 1;  // eventfd(2)
    const auto bytes = std::as_bytes(std::span{&largest, 1});
    CPPUNIT_ASSERT_EQUAL(os::Raw{8}, os::native_operations().write(waker.handle(), bytes.data(), bytes.size()));
    waker.wake();
    CPPUNIT_ASSERT(is_ready(waker.handle()));
  }

  void a_wake_of_another_thread_ends_a_wait_without_timeout() {
    for (const std::string_view name : os::demultiplexer_names()) {
      os::Waker waker = value_of(os::Waker::open());
      auto demultiplexer = value_of(os::open_demultiplexer(name));
      value_of(demultiplexer->add_waker(waker.handle(), 9));
      const os::Thread other = value_of(os::spawn("waker", [&waker] { waker.wake(); }));
      os::Ready ready[4];
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, value_of(demultiplexer->wait(ready, -1ns)));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{9}, ready[0].token);
    }
  }

  void without_descriptors_there_is_no_waker() {
    Fault_Table faults;
    faults.fail<&os::Operations::event_open>(std::errc::too_many_files_open, 1);
    expect_error(std::errc::too_many_files_open, os::Waker::open());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Waker_Test);

}  // namespace
