// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Handle_Passing.h>
#include <strata/os/Result.h>
#include <strata/os/Socket.h>
#include <strata/os/Socket_Address.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A connected stream socket, TCP or UNIX alike; owns and closes it. Never blocks: operation_would_block instead.
/// @threads any; one object from one thread at a time. Fails with the system's errors; see os/Socket.h for each.
class SOCK_Stream {
 public:
  SOCK_Stream() noexcept = default;  ///< none
  explicit SOCK_Stream(os::Unique_Handle socket) noexcept : socket_(std::move(socket)) {}

  os::Handle handle() const noexcept { return socket_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }

  Result<std::size_t> receive(Bytes buffer) noexcept { return os::receive(handle(), buffer); }  ///< 0: the peer's FIN
  Result<std::size_t> send(Const_Bytes bytes) noexcept { return os::send(handle(), bytes); }    ///< bytes taken
  /// One gathered write of at most os::max_gather parts; bytes taken.
  Result<std::size_t> send(std::span<const Const_Bytes> parts) noexcept { return os::send(handle(), parts); }
  /// UNIX alone: duplicates of `handles` go with the first of `bytes`, of which there is at least one.
  Result<std::size_t> send_handles(Const_Bytes bytes, std::span<const os::Handle> handles) noexcept {
    return os::send_handles(handle(), bytes, handles);
  }
  Result<os::Passed> receive_handles(Bytes buffer, std::size_t most) {
    return os::receive_handles(handle(), buffer, most);
  }
  Result<> shutdown(os::Shutdown how) noexcept { return os::shutdown(handle(), how); }

  Result<> set_no_delay(bool on) noexcept { return set(os::Socket_Option::no_delay, on); }  ///< TCP alone
  Result<> set_keep_alive(bool on) noexcept { return set(os::Socket_Option::keep_alive, on); }
  Result<> set_send_buffer(int bytes) noexcept { return set(os::Socket_Option::send_buffer, bytes); }
  Result<> set_receive_buffer(int bytes) noexcept { return set(os::Socket_Option::receive_buffer, bytes); }

  Result<os::Socket_Address> local_address() const noexcept { return os::local_address(handle()); }
  Result<os::Socket_Address> peer_address() const noexcept { return os::peer_address(handle()); }
  std::error_code pending_error() noexcept { return os::pending_error(handle()); }  ///< after ERR; reading clears it

  void close() noexcept { socket_.reset(); }
  /// Closes and drops what is unsent; a TCP peer gets RST. Source: socket(7), SO_LINGER.
  void abort() noexcept {
    static_cast<void>(set(os::Socket_Option::linger, 0));  // a socket that cannot linger has nothing to drop
    close();
  }
  [[nodiscard]] os::Unique_Handle release() noexcept { return std::move(socket_); }

 private:
  Result<> set(os::Socket_Option option, int value) noexcept { return os::set_option(handle(), option, value); }

  os::Unique_Handle socket_;
};

}  // namespace v1
}  // namespace strata
