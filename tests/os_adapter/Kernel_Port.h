// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata_test/Mechanisms.h>
#include <strata_test/Old_Ring.h>

#include "Port_Rig.h"

namespace strata_test {

/// Where the machine forbids rings there is nothing to complete.
template <class Test>
void on_a_port_of(Kernel kernel, Test test) {
  if (!io_uring_allowed()) return CPPUNIT_ASSERT(!strata::os::open_demultiplexer("io_uring"));
  const Old_Ring as_there{kernel};
  Port_Rig rig;
  test(rig);
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, rig.port.outstanding());
}
template <class Test>
void on_a_port(Test test) {
  for (const Kernel kernel : {Kernel::newest, Kernel::before_6_17, Kernel::before_6_1}) on_a_port_of(kernel, test);
}
/// Where a ring is for one thread.
template <class Test>
void on_an_own_port(Test test) {
  for (const Kernel kernel : {Kernel::newest, Kernel::before_6_17}) on_a_port_of(kernel, test);
}

}  // namespace strata_test
