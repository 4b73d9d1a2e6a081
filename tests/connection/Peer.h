// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <cppunit/TestAssert.h>
#include <strata/os/Socket.h>

#include "Seam.h"

namespace strata_test {

/// Bytes that tell where they belong.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

/// The other end of a connection, in the test's own hands.
class Peer {
 public:
  Peer() = default;
  explicit Peer(os::Unique_Handle socket) : socket_(std::move(socket)) {}

  static Peer connect(const os::Socket_Address& to, int receive_buffer = 0) {
    const Seam::Quiet quiet;
    auto socket = os::open_socket(to.family(), os::Socket_Kind::stream);
    CPPUNIT_ASSERT(socket.has_value());
    if (receive_buffer != 0) (void)os::set_option(socket->get(), os::Socket_Option::receive_buffer, receive_buffer);
    const auto started = os::connect(socket->get(), to);
    CPPUNIT_ASSERT(started.has_value() || started.error() == std::errc::operation_in_progress);
    return Peer{std::move(*socket)};
  }

  /// Each send is a segment of its own, at once.
  void set_no_delay() {
    const Seam::Quiet quiet;
    (void)os::set_option(socket_.get(), os::Socket_Option::no_delay, 1);
  }
  /// Bytes that the kernel takes now.
  std::size_t push(std::string_view text) {
    const Seam::Quiet quiet;
    return os::send(socket_.get(), strata::as_bytes(text)).value_or(0);
  }
  void send(std::string_view text) { CPPUNIT_ASSERT_EQUAL(text.size(), push(text)); }
  /// What has arrived, up to `most`.
  void read(std::size_t most = static_cast<std::size_t>(-1)) {
    const Seam::Quiet quiet;
    std::array<std::byte, 65536> room;
    for (std::size_t left = most; left != 0 && !ended && !error && socket_;) {
      const auto size = os::receive(socket_.get(), strata::Bytes{room}.first(std::min(left, room.size())));
      if (!size && size.error() == std::errc::operation_would_block) return;
      if (!size) {
        error = size.error();
      } else if (*size == 0) {
        ended = true;
      } else {
        got += strata::as_text(strata::Bytes{room}.first(*size));
        left -= *size;
      }
    }
  }
  void finish() {
    const Seam::Quiet quiet;
    CPPUNIT_ASSERT(os::shutdown(socket_.get(), os::Shutdown::send).has_value());
  }
  void close() {
    const Seam::Quiet quiet;
    socket_.reset();
  }
  void reset() {
    const Seam::Quiet quiet;
    (void)os::set_option(socket_.get(), os::Socket_Option::linger, 0);
    socket_.reset();
  }
  os::Handle handle() const { return socket_.get(); }

  std::string got;
  bool ended = false;     ///< FIN was read
  std::error_code error;  ///< or this

 private:
  os::Unique_Handle socket_;
};

}  // namespace strata_test
