// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/SOCK_Acceptor.h>

#include <string>
#include <utility>

#include <strata/os/File.h>
#include <strata/os/Socket.h>
#include <strata/os/User.h>
#include <strata/wrappers/Address_Text.h>

namespace strata {
inline namespace v1 {
namespace {

bool is_abstract(const os::Socket_Address& address) { return address.path().starts_with('\0'); }

struct Setting {
  os::Socket_Option option;
  int value;
  bool wanted;
  const char* name;
};

/// Before it listens: until then nobody can connect.
Outcome<> set_rights(const os::Socket_Address& address, const Listen_Options& options) {
  if (address.family() != os::Family::local || is_abstract(address)) return {};
  const std::string path{address.path()};
  if (options.owner != os::File_Owner{}) {
    if (const auto set = os::set_owner(path, options.owner); !set) {
      return fail(set.error(), "set the owner of " + to_text(address));
    }
  }
  if (options.permissions == 0) return {};
  const auto set = os::set_permissions(path, options.permissions);
  return set ? Outcome<>{} : fail(set.error(), "set permissions of " + to_text(address));
}

/// Removes the file that a process without an orderly end has left (unix(7)). Somebody who starts at the same moment
/// may be robbed of a fresh one: two daemons with one address are a mistake.
bool remove_stale(const os::Socket_Address& address) {
  if (address.family() != os::Family::local || is_abstract(address)) return false;
  const auto probe = os::open_socket(os::Family::local, os::Socket_Kind::stream);
  if (!probe) return false;
  const auto connected = os::connect(probe->get(), address);
  if (connected || connected.error() != std::errc::connection_refused) return false;
  const std::string path{address.path()};
  const auto file = os::path_status(path);
  const bool ours = file && file->type == os::File_Type::socket && file->owner == os::User::effective().id;
  return ours && os::remove_file(path);
}

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

Outcome<os::Unique_Handle> bind(const os::Socket_Address& address, const Listen_Options& options) {
  auto socket = os::open_socket(address.family(), os::Socket_Kind::stream);
  if (!socket) return fail(socket.error(), "open a socket for " + to_text(address));
  if (auto configured = configure(socket->get(), address, options); !configured) {
    return std::unexpected{std::move(configured.error())};
  }
  auto bound = os::bind(socket->get(), address);
  if (!bound && bound.error() == std::errc::address_in_use && remove_stale(address)) {
    bound = os::bind(socket->get(), address);
  }
  if (!bound) return fail(bound.error(), "bind " + to_text(address));
  return std::move(*socket);
}

}  // namespace

Outcome<SOCK_Acceptor> SOCK_Acceptor::open(const os::Socket_Address& address, const Listen_Options& options) {
  Outcome<os::Unique_Handle> socket = bind(address, options);
  if (!socket) return std::unexpected{std::move(socket.error())};
  if (auto permitted = set_rights(address, options); !permitted) {
    return std::unexpected{std::move(permitted.error())};
  }
  if (const auto listening = os::listen(socket->get(), options.backlog); !listening) {
    return fail(listening.error(), "listen on " + to_text(address));
  }
  return SOCK_Acceptor(std::move(*socket));
}

Outcome<os::Unique_Handle> SOCK_Acceptor::reserve(const os::Socket_Address& address, const Listen_Options& options) {
  Outcome<os::Unique_Handle> socket = bind(address, options);
  if (!socket) return socket;
  if (const auto set = os::set_option(socket->get(), os::Socket_Option::reuse_port, 1); !set) {
    return fail(set.error(), "share " + to_text(address));
  }
  return socket;
}

Result<SOCK_Stream> SOCK_Acceptor::accept(os::Socket_Address* peer) noexcept {
  auto socket = os::accept(handle(), peer);
  if (!socket) return fail(socket.error());
  return SOCK_Stream(std::move(*socket));
}

Result<os::Socket_Address> SOCK_Acceptor::local_address() const noexcept { return os::local_address(handle()); }

}  // namespace v1
}  // namespace strata
