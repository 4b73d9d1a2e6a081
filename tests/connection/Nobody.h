// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include <cppunit/TestAssert.h>
#include <strata/os/Socket.h>

#include "Seam.h"

namespace strata_test {

/// An address of this machine at which nobody listens. It is bound, so that no other program comes to listen there.
struct Nobody {
  Nobody() {
    const Seam::Quiet quiet;
    socket = std::move(*os::open_socket(os::Family::ipv4, os::Socket_Kind::stream));
    constexpr std::array<std::uint8_t, 4> loopback{127, 0, 0, 1};
    CPPUNIT_ASSERT(os::bind(socket.get(), os::Socket_Address::ipv4(loopback, 0)).has_value());
    address = *os::local_address(socket.get());
  }
  os::Unique_Handle socket;
  os::Socket_Address address;
};

}  // namespace strata_test
