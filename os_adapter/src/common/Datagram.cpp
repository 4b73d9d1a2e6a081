// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Datagram.h>

#include <algorithm>

#include "common/Seam.h"

namespace strata::inline v1::os {

Result<std::size_t> receive_datagrams(Handle socket, std::span<Datagram_In> slots) noexcept {
  return counted(retry(table().receive_datagrams, socket, slots.data(), std::min(slots.size(), max_datagrams)));
}

Result<std::size_t> send_datagrams(Handle socket, std::span<const Datagram_Out> datagrams) noexcept {
  return counted(retry(table().send_datagrams, socket, datagrams.data(), std::min(datagrams.size(), max_datagrams)));
}

Result<> join_group(Handle socket, const Socket_Address& group, std::uint32_t interface) noexcept {
  return done(retry(table().set_membership, socket, group, interface, true));
}

Result<> leave_group(Handle socket, const Socket_Address& group, std::uint32_t interface) noexcept {
  return done(retry(table().set_membership, socket, group, interface, false));
}

}  // namespace strata::inline v1::os
