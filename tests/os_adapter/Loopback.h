// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Socket.h>

#include "Os_Fixture.h"

// Sockets of one process that talk with each other, for the tests of this folder.
namespace strata_test {

inline strata::os::Socket_Address loopback(std::uint16_t port = 0) {
  return strata::os::Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, port);
}

/// Waits until `handle` is ready for `interest`, or has failed.
inline void await(strata::os::Handle handle, strata::os::Interest interest) {
  auto demultiplexer = value_of(strata::os::open_demultiplexer("epoll"));
  expect_done(demultiplexer->add(handle, interest, 0));
  strata::os::Ready ready[1];
  std::size_t count = 0;  // a wait that is interrupted has no events
  for (int i = 0; i < 10 && count == 0; ++i) count = value_of(demultiplexer->wait(ready, std::chrono::seconds{10}));
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count);
}

struct Listener {
  strata::os::Unique_Handle handle;
  strata::os::Socket_Address address;
};

inline Listener listen_on(const strata::os::Socket_Address& at, int backlog = 16) {
  auto handle = value_of(strata::os::open_socket(at.family(), strata::os::Socket_Kind::stream));
  expect_done(strata::os::bind(handle.get(), at));
  expect_done(strata::os::listen(handle.get(), backlog));
  const auto address = value_of(strata::os::local_address(handle.get()));
  return {std::move(handle), address};
}

/// A connection that has begun; loopback finishes it at once or soon.
inline strata::os::Unique_Handle connect_to(const strata::os::Socket_Address& address) {
  auto handle = value_of(strata::os::open_socket(address.family(), strata::os::Socket_Kind::stream));
  const auto connected = strata::os::connect(handle.get(), address);
  if (!connected) expect_error(std::errc::operation_in_progress, connected);
  return handle;
}

inline strata::os::Handle_Pair connected_over(const Listener& listener) {
  auto client = connect_to(listener.address);
  await(listener.handle.get(), strata::os::Interest::input);
  auto server = value_of(strata::os::accept(listener.handle.get()));
  await(client.get(), strata::os::Interest::output);
  return {std::move(client), std::move(server)};
}

/// Exactly `size` bytes, waited for.
inline std::string receive_text(strata::os::Handle handle, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t filled = 0; filled < size;) {
    await(handle, strata::os::Interest::input);
    const strata::Bytes room = std::as_writable_bytes(std::span{text}).subspan(filled);
    const std::size_t count = value_of(strata::os::receive(handle, room));
    CPPUNIT_ASSERT_MESSAGE("the stream ended early", count > 0);
    filled += count;
  }
  return text;
}

inline void send_text(strata::os::Handle handle, std::string_view text) {
  CPPUNIT_ASSERT_EQUAL(text.size(), value_of(strata::os::send(handle, strata::as_bytes(text))));
}

}  // namespace strata_test
