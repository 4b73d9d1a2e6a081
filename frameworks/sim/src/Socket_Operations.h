// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <strata/os/Bytes.h>
#include <strata/os/Operations.h>

namespace strata::inline v1::sim {

class Socket;

/// The seam's entries for sockets: find the object, draw the faults, act, record.
namespace socket_operations {

os::Raw receive(os::Handle, std::byte* data, std::size_t size);
os::Raw send(os::Handle, const std::byte* data, std::size_t size);
void fill(os::Operations& table);

// What a call and an operation of that name have in common: the faults, and what is done.
os::Raw accept_next(Socket& listener, os::Socket_Address* peer);
os::Raw receive_some(Socket&, Bytes room);
os::Raw send_some(Socket&, std::span<const Const_Bytes> parts, std::size_t size);

}  // namespace socket_operations
}  // namespace strata::inline v1::sim
