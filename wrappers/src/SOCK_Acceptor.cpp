// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/SOCK_Acceptor.h>

#include <string>

#include <strata/os/Socket.h>
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

/// A UNIX socket knows none of these options; what is off by default is not touched.
Outcome<> configure(os::Handle socket, const os::Socket_Address& address, const Listen_Options& options) {
  if (address.family() == os::Family::local) return {};
  using Option = os::Socket_Option;
  const Setting settings[] = {
      {Option::v6_only, 1, address.family() == os::Family::ipv6, "v6_only"},
      {Option::reuse_address, 1, options.reuse_address, "reuse_address"},
      {Option::reuse_port, 1, options.reuse_port, "reuse_port"},
      {Option::no_delay, 1, options.no_delay, "no_delay"},
      {Option::defer_accept, options.defer_accept, options.defer_accept > 0, "defer_accept"},
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

Outcome<SOCK_Acceptor> SOCK_Acceptor::open(const os::Socket_Address& address, const Listen_Options& options) {
  auto socket = os::open_socket(address.family(), os::Socket_Kind::stream);
  if (!socket) return fail(socket.error(), "open a socket for " + to_text(address));
  if (auto configured = configure(socket->get(), address, options); !configured) {
    return std::unexpected{std::move(configured.error())};
  }
  if (const auto bound = os::bind(socket->get(), address); !bound) {
    return fail(bound.error(), "bind " + to_text(address));
  }
  if (const auto listening = os::listen(socket->get(), options.backlog); !listening) {
    return fail(listening.error(), "listen on " + to_text(address));
  }
  return SOCK_Acceptor(std::move(*socket));
}

Result<SOCK_Stream> SOCK_Acceptor::accept(os::Socket_Address* peer) noexcept {
  auto socket = os::accept(handle(), peer);
  if (!socket) return fail(socket.error());
  return SOCK_Stream(std::move(*socket));
}

Result<os::Socket_Address> SOCK_Acceptor::local_address() const noexcept { return os::local_address(handle()); }

}  // namespace v1
}  // namespace strata
