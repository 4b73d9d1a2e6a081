// SPDX-License-Identifier: Apache-2.0
// Accepts that go on, on a ring for one thread.
#include <strata/os/Completion_Port.h>

#include <array>
#include <chrono>
#include <vector>

#include "Kernel_Port.h"

namespace {

namespace os = strata::os;
using namespace std::chrono_literals;
using namespace strata_test;
using os::Ready;
using os::Request;

/// A listener whose accepts go on in the kernel.
struct Accepting {
  explicit Accepting(Port_Rig& rig) {
    rig.port.submit(accept);
    rig.take();
  }
  /// Both ends of what was told of, and the clients' of the others, who stay in the ring's queue.
  std::vector<os::Unique_Handle> tell_one_of_four(Port_Rig& rig) const {
    std::vector<os::Unique_Handle> ends;
    for (int i = 0; i < 4; ++i) ends.push_back(connect_to(listener.address));
    const auto first = rig.wait(1, 10s);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, first.size());
    ends.emplace_back(os::Handle{first[0].result});
    return ends;
  }

  Listener listener = listen_on(loopback());
  Operation accept{Request::accept_many, listener.handle.get()};
};

class Completion_Accept_Test : public Os_Fixture {
  CPPUNIT_TEST_SUITE(Completion_Accept_Test);
  CPPUNIT_TEST(one_accept_takes_many_until_it_is_canceled);
  CPPUNIT_TEST(what_no_wait_has_told_of_is_taken);
  CPPUNIT_TEST(whom_nobody_will_be_told_of_is_closed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void one_accept_takes_many_until_it_is_canceled() {
    on_an_own_port([](Port_Rig& rig) {
      Accepting accepting{rig};
      std::vector<os::Unique_Handle> ends;
      for (int i = 1; i <= 3; ++i) {
        ends.push_back(connect_to(accepting.listener.address));
        while (rig.of(accepting.accept).completions < i) rig.take(10s);
        ends.emplace_back(os::Handle{rig.of(accepting.accept).result});
        CPPUNIT_ASSERT(closes_on_exec(ends.back().get()) && is_non_blocking(ends.back().get()));
      }
      CPPUNIT_ASSERT(accepting.accept.outstanding());
      rig.port.cancel(accepting.accept);
      const os::Unique_Handle late = connect_to(accepting.listener.address);  // stays in the socket's queue
      CPPUNIT_ASSERT_EQUAL(canceled, rig.result_of(accepting.accept));
      CPPUNIT_ASSERT_EQUAL(4, rig.of(accepting.accept).completions);
      const os::Unique_Handle server = value_of(os::accept(accepting.listener.handle.get(), nullptr));
      accepting.listener.handle.reset();
      CPPUNIT_ASSERT(server.get().valid());
    });
  }

  /// Who listens no more serves those that had been accepted by then.
  void what_no_wait_has_told_of_is_taken() {
    on_an_own_port([](Port_Rig& rig) {
      Accepting accepting{rig};
      std::vector<os::Unique_Handle> ends = accepting.tell_one_of_four(rig);
      rig.port.cancel(accepting.accept);
      std::array<Ready, 8> out;
      const std::size_t taken = rig.port.take(accepting.accept, out);
      CPPUNIT_ASSERT_EQUAL(std::size_t{4}, taken);
      for (std::size_t i = 0; i < 3; ++i) ends.emplace_back(os::Handle{out[i].result});
      CPPUNIT_ASSERT_EQUAL(canceled, out[3].result);
      CPPUNIT_ASSERT(out[3].is(Ready::last) && !accepting.accept.outstanding());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.port.take(accepting.accept, out));
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.wait(8, 0s).size());
    });
  }

  void whom_nobody_will_be_told_of_is_closed() {
    on_an_own_port([](Port_Rig& rig) {
      Accepting accepting{rig};
      const std::vector<os::Unique_Handle> ends = accepting.tell_one_of_four(rig);
      std::array<Ready, 8> out;
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, rig.port.abandon(out));
      CPPUNIT_ASSERT_EQUAL(canceled, out[0].result);
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Completion_Accept_Test);

}  // namespace
