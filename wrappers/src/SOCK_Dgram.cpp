// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/SOCK_Dgram.h>

#include <string>

#include <strata/wrappers/Address_Text.h>

namespace strata {
inline namespace v1 {
namespace {

struct Setting {
  os::Socket_Option option;
  int value;
  bool wanted;
  const char* name;
};

Outcome<> configure(os::Handle socket, const os::Socket_Address& address, const Dgram_Options& options) {
  using Option = os::Socket_Option;
  const Setting settings[] = {
      {Option::v6_only, 1, address.family() == os::Family::ipv6, "v6_only"},
      {Option::reuse_address, 1, options.reuse_address, "reuse_address"},
      {Option::reuse_port, 1, options.reuse_port, "reuse_port"},
      {Option::broadcast, 1, options.broadcast, "broadcast"},
      {Option::receive_buffer, options.receive_buffer, options.receive_buffer > 0, "receive_buffer"},
  };
  for (const Setting& setting : settings) {
    if (!setting.wanted) continue;
    if (const auto set = os::set_option(socket, setting.option, setting.value); !set) {
      return fail(set.error(), std::string("set ") + setting.name + " on " + to_text(address));
    }
  }
  return {};
}

}  // namespace

Outcome<SOCK_Dgram> SOCK_Dgram::open(const os::Socket_Address& address, const Dgram_Options& options) {
  auto socket = os::open_socket(address.family(), os::Socket_Kind::datagram);
  if (!socket) return fail(socket.error(), "open a socket for " + to_text(address));
  if (auto configured = configure(socket->get(), address, options); !configured) {
    return std::unexpected{std::move(configured.error())};
  }
  if (const auto bound = os::bind(socket->get(), address); !bound) {
    return fail(bound.error(), "bind " + to_text(address));
  }
  return SOCK_Dgram(std::move(*socket));
}

Result<> SOCK_Dgram::send(Const_Bytes bytes, const os::Socket_Address& to) noexcept {
  const os::Datagram_Out datagram{bytes, to};
  const auto sent = send({&datagram, 1});
  return sent ? Result<>{} : fail(sent.error());
}

}  // namespace v1
}  // namespace strata
