// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Datagram.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Outcome.h>
#include <strata/os/Result.h>
#include <strata/os/Socket.h>
#include <strata/os/Socket_Address.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

struct Dgram_Options {
  bool reuse_address = false;  ///< several sockets may have the address, as members of one multicast group need
  bool reuse_port = false;     ///< the kernel spreads the datagrams over the sockets that share the port
  bool broadcast = false;      ///< may send to a broadcast address
  int receive_buffer = 0;      ///< bytes in the kernel; 0: the system's default; it cuts this to net.core.rmem_max
};

/// A datagram socket, UDP or UNIX; owns and closes it. Never blocks: operation_would_block instead. An IPv6 one never
/// takes IPv4 peers. @threads any; one object from one thread at a time. Fails as os/Datagram.h says of each call.
class SOCK_Dgram {
 public:
  SOCK_Dgram() noexcept = default;  ///< none
  explicit SOCK_Dgram(os::Unique_Handle socket) noexcept : socket_(std::move(socket)) {}  ///< inherited

  /// Bound to `address`; port 0 lets the system choose. The error names the call and the address.
  static Outcome<SOCK_Dgram> open(const os::Socket_Address& address, const Dgram_Options& options = {});

  os::Handle handle() const noexcept { return socket_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }

  /// Fills the first slots with what has come; how many. See os::receive_datagrams.
  Result<std::size_t> receive(std::span<os::Datagram_In> slots) noexcept {
    return os::receive_datagrams(handle(), slots);
  }
  /// How many of the first ones the system took; an error is the first one's. See os::send_datagrams.
  Result<std::size_t> send(std::span<const os::Datagram_Out> datagrams) noexcept {
    return os::send_datagrams(handle(), datagrams);
  }
  Result<> send(Const_Bytes bytes, const os::Socket_Address& to) noexcept;

  /// Takes datagrams of this peer alone from now on, and tells of its ICMP errors (udp(7)).
  Result<> connect(const os::Socket_Address& peer) noexcept { return os::connect(handle(), peer); }

  Result<> join(const os::Socket_Address& group, std::uint32_t interface = 0) noexcept {
    return os::join_group(handle(), group, interface);
  }
  Result<> leave(const os::Socket_Address& group, std::uint32_t interface = 0) noexcept {
    return os::leave_group(handle(), group, interface);
  }
  Result<> set_multicast_loop(bool on) noexcept { return set(os::Socket_Option::multicast_loop, on); }
  Result<> set_multicast_hops(std::uint8_t hops) noexcept { return set(os::Socket_Option::multicast_hops, hops); }

  Result<os::Socket_Address> local_address() const noexcept { return os::local_address(handle()); }
  void close() noexcept { socket_.reset(); }
  [[nodiscard]] os::Unique_Handle release() noexcept { return std::move(socket_); }

 private:
  Result<> set(os::Socket_Option option, int value) noexcept { return os::set_option(handle(), option, value); }

  os::Unique_Handle socket_;
};

}  // namespace v1
}  // namespace strata
