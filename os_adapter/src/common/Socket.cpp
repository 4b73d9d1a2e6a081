// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Socket.h>

#include <algorithm>

#include "common/Seam.h"

namespace strata::inline v1::os {

Result<Unique_Handle> open_socket(Family family, Socket_Kind kind) {
  return owned(retry(table().socket, family, kind));
}

Result<Handle_Pair> socket_pair() {
  Handle pair[2];
  const Raw raw = retry(table().socket_pair, pair);
  if (raw < 0) return failure(raw);
  return Handle_Pair{Unique_Handle{pair[0]}, Unique_Handle{pair[1]}};
}

Result<> bind(Handle handle, const Socket_Address& address) { return done(retry(table().bind, handle, address)); }
Result<> listen(Handle handle, int backlog) { return done(retry(table().listen, handle, backlog)); }
Result<Unique_Handle> accept(Handle listener, Socket_Address* peer) {
  return owned(retry(table().accept, listener, peer));
}

Result<> connect(Handle handle, const Socket_Address& address) {
  const Raw raw = table().connect(handle, address);
  // Interrupted, the attempt goes on without the caller; a second call would only say EALREADY (connect(3p)).
  return done(raw == interrupted ? raw_error(std::errc::operation_in_progress) : raw);
}

Result<std::size_t> receive(Handle handle, Bytes out) {
  return counted(retry(table().receive, handle, out.data(), out.size()));
}

Result<std::size_t> send(Handle handle, Const_Bytes bytes) {
  return counted(retry(table().send, handle, bytes.data(), bytes.size()));
}

Result<std::size_t> send(Handle handle, std::span<const Const_Bytes> parts) {
  return counted(retry(table().send_gathered, handle, parts.data(), std::min(parts.size(), max_gather)));
}

Result<> shutdown(Handle handle, Shutdown how) { return done(retry(table().shutdown, handle, how)); }

Result<> set_option(Handle handle, Socket_Option option, int value) {
  return done(retry(table().set_option, handle, option, value));
}

Result<int> get_option(Handle handle, Socket_Option option) {
  const Raw raw = retry(table().get_option, handle, option);
  if (raw < 0) return failure(raw);
  return static_cast<int>(raw);
}

std::error_code pending_error(Handle handle) noexcept {
  const Raw raw = retry(table().get_option, handle, Socket_Option::pending_error);
  return raw == 0 ? std::error_code{} : code_of(raw < 0 ? raw : -raw);
}

Result<Socket_Address> local_address(Handle handle) {
  Socket_Address address;
  const Raw raw = retry(table().local_address, handle, address);
  if (raw < 0) return failure(raw);
  return address;
}

Result<Socket_Address> peer_address(Handle handle) {
  Socket_Address address;
  const Raw raw = retry(table().peer_address, handle, address);
  if (raw < 0) return failure(raw);
  return address;
}

Result<std::vector<Socket_Address>> resolve(const Resolve_Query& query) {
  if (!is_whole(query.host)) return fail(std::errc::invalid_argument);
  std::vector<Socket_Address> addresses;
  const Raw raw = retry(table().resolve, query, addresses);
  if (raw < 0) return failure(raw);
  return addresses;
}

}  // namespace strata::inline v1::os
