// SPDX-License-Identifier: Apache-2.0
#include "Listen_Points.h"

#include <iterator>
#include <string>
#include <utility>

#include <strata/os/File.h>
#include <strata/wrappers/Inherited_Socket.h>

namespace strata {
inline namespace v1 {
namespace {

template <class T>
void append(std::vector<T>& all, std::vector<T> more) {
  all.insert(all.end(), std::move_iterator{more.begin()}, std::move_iterator{more.end()});
}

}  // namespace

Outcome<> Listen_Points::find(const std::vector<Endpoint>& endpoints, os::Socket_Kind kind) {
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.is_inherited()) {
      Outcome<std::vector<os::Unique_Handle>> sockets = inherited_sockets(endpoint, kind);
      if (!sockets) return std::unexpected{std::move(sockets.error())};
      append(inherited_, std::move(*sockets));
    } else {
      Outcome<std::vector<os::Socket_Address>> addresses = resolve(endpoint, true);
      if (!addresses) return std::unexpected{std::move(addresses.error())};
      append(addresses_, std::move(*addresses));
    }
  }
  return {};
}

Outcome<std::vector<os::Unique_Handle>> Listen_Points::inherited() const {
  std::vector<os::Unique_Handle> sockets;
  for (const os::Unique_Handle& one : inherited_) {
    Result<os::Unique_Handle> copy = os::duplicate(one.get());
    if (!copy) return fail(copy.error(), "duplicate an inherited socket");
    sockets.push_back(std::move(*copy));
  }
  return sockets;
}

void Listen_Points::remove_socket_files() const {
  for (const os::Socket_Address& address : addresses_) {
    const std::string path{address.path()};
    if (!path.empty() && path.front() != '\0') static_cast<void>(os::remove_file(path));
  }
}

}  // namespace v1
}  // namespace strata
