// SPDX-License-Identifier: Apache-2.0
#include "Socket_Operations.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

#include <strata/os/Socket.h>

#include "Socket.h"
#include "Switching.h"
#include "World.h"

namespace strata::inline v1::sim {
namespace {

using os::Family;
using os::Handle;
using os::Raw;
using os::Socket_Address;

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

World& world() { return *active_world(); }

/// Runs `act` on the socket behind `handle` and records what came of it.
template <class Act>
Raw on_socket(std::string_view call, Handle handle, std::int64_t detail, Act act) {
  Raw outcome = error(std::errc::bad_file_descriptor);
  if (auto* const socket = world().descriptors.find_as<Socket>(handle)) {
    outcome = act(*socket);
  } else if (world().descriptors.find(handle) != nullptr) {
    outcome = error(std::errc::not_a_socket);
  }
  return world().record(call, handle.value(), detail, outcome);
}

/// The same, for calls that fate may interrupt or find unready.
template <class Act>
Raw on_stream(std::string_view call, Handle handle, std::size_t size, Act act) {
  return on_socket(call, handle, static_cast<std::int64_t>(size), [&](Socket& socket) -> Raw {
    if (world().roll(world().faults.interrupt)) return error(std::errc::interrupted);
    if (world().roll(world().faults.would_block)) return error(std::errc::operation_would_block);
    return act(socket);
  });
}

void mix(Const_Bytes bytes) {
  for (const std::byte byte : bytes) world().trace.mix(static_cast<std::uint64_t>(byte));
}

/// EMFILE (the process's limit) or ENFILE (the system's), where fate says so; else 0.
Raw denied_descriptor() {
  if (world().descriptors.full()) return error(std::errc::too_many_files_open);
  if (!world().roll(world().faults.no_descriptor)) return 0;
  return error(world().roll(0.5) ? std::errc::too_many_files_open : std::errc::too_many_files_open_in_system);
}

Raw open_socket(Family family, os::Socket_Kind kind) {
  Raw outcome = denied_descriptor();
  if (kind == os::Socket_Kind::datagram) outcome = error(std::errc::protocol_not_supported);
  if (outcome == 0) outcome = world().descriptors.open(std::make_shared<Socket>(world(), family));
  return world().record("socket", static_cast<int>(family), static_cast<int>(kind), outcome);
}

Raw socket_pair(Handle pair[2]) {
  Raw outcome = denied_descriptor();
  if (world().descriptors.count() + 2 > world().descriptors.limit()) outcome = error(std::errc::too_many_files_open);
  if (outcome == 0) {
    const auto connection = std::make_shared<Connection>(world(), Connection::Kind::local);
    connection->establish();
    for (int side = 0; side < 2; ++side) {
      const Raw opened =
          world().descriptors.open(std::make_shared<Socket>(world(), Family::local, connection, side));
      pair[side] = Handle{static_cast<std::int32_t>(opened)};
    }
  }
  return world().record("socket_pair", 0, 0, outcome);
}

/// What accept(2) lists as errors of the network or of memory; 0 for none.
Raw accept_error(Socket& listener) {
  if (listener.readiness() == 0) return 0;
  if (world().roll(world().faults.accept_abort) && listener.drop_next()) return error(std::errc::connection_aborted);
  if (!world().roll(world().faults.accept_error)) return 0;
  constexpr std::array errors{std::errc::protocol_error, std::errc::operation_not_permitted,
                              std::errc::no_buffer_space, std::errc::not_enough_memory};
  return error(errors[world().random.below(errors.size())]);
}

Raw accept(Handle handle, Socket_Address* peer) {
  return on_stream("accept", handle, 0,
                   [peer](Socket& listener) { return socket_operations::accept_next(listener, peer); });
}

Raw bind(Handle handle, const Socket_Address& address) {
  return on_socket("bind", handle, address.port(), [&](Socket& socket) { return socket.bind(address); });
}

Raw listen(Handle handle, int backlog) {
  return on_socket("listen", handle, backlog, [&](Socket& socket) { return socket.listen(backlog); });
}

Raw connect(Handle handle, const Socket_Address& to) {
  return on_socket("connect", handle, to.port(), [&](Socket& socket) {
    const Raw outcome = socket.connect(to);
    const bool started = outcome == error(std::errc::operation_in_progress);
    // Interrupted, the attempt goes on all the same (connect(3p)).
    return started && world().roll(world().faults.interrupt) ? error(std::errc::interrupted) : outcome;
  });
}

Raw send_gathered(Handle handle, const Const_Bytes* parts, std::size_t count) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) size += parts[i].size();
  return on_stream("send", handle, size,
                   [=](Socket& socket) { return socket_operations::send_some(socket, {parts, count}, size); });
}

Raw shutdown(Handle handle, os::Shutdown how) {
  return on_socket("shutdown", handle, static_cast<int>(how), [&](Socket& socket) { return socket.shutdown(how); });
}

Raw set_option(Handle handle, os::Socket_Option which, int value) {
  return on_socket("set_option", handle, static_cast<int>(which),
                   [&](Socket& socket) { return socket.set_option(which, value); });
}

Raw get_option(Handle handle, os::Socket_Option which) {
  return on_socket("get_option", handle, static_cast<int>(which),
                   [&](Socket& socket) { return socket.get_option(which); });
}

Raw local_address(Handle handle, Socket_Address& out) {
  return on_socket("local_address", handle, 0, [&](Socket& socket) { return socket.local_address(out); });
}

Raw peer_address(Handle handle, Socket_Address& out) {
  return on_socket("peer_address", handle, 0, [&](Socket& socket) { return socket.peer_address(out); });
}

bool literal(std::string_view host) {
  const bool digits = host.find_first_not_of("0123456789abcdefABCDEF.:%") == std::string_view::npos;
  return host.empty() || host.contains(':') || (digits && host.contains('.'));
}

/// Literals need no network: the system's resolver parses them.
Raw resolve(const os::Resolve_Query& query, std::vector<Socket_Address>& out) {
  os::Resolve_Query asked = query;
  if (asked.host == "localhost") asked.host = asked.family == Family::ipv6 ? "::1" : "127.0.0.1";
  const Raw outcome =
      literal(asked.host) ? os::native_operations().resolve(asked, out) : error(std::errc::host_unreachable);
  return world().record("resolve", query.port, static_cast<int>(query.family), outcome);
}

}  // namespace

Raw socket_operations::receive(Handle handle, std::byte* data, std::size_t size) {
  return on_stream("receive", handle, size, [=](Socket& socket) { return receive_some(socket, {data, size}); });
}

Raw socket_operations::accept_next(Socket& listener, Socket_Address* peer) {
  if (const Raw denied = denied_descriptor(); denied != 0) return denied;  // checked before the queue, as Linux does
  if (const Raw failed = accept_error(listener); failed != 0) return failed;
  Raw failure = 0;
  std::shared_ptr<Socket> accepted = listener.accept(failure);
  if (accepted == nullptr) return failure;
  if (peer != nullptr) accepted->peer_address(*peer);
  return world().descriptors.open(std::move(accepted));
}

Raw socket_operations::receive_some(Socket& socket, Bytes room) {
  const Raw count = socket.receive(room.first(world().cut(room.size(), world().faults.short_read)));
  if (count > 0) mix(room.first(static_cast<std::size_t>(count)));
  return count;
}

Raw socket_operations::send_some(Socket& socket, std::span<const Const_Bytes> parts, std::size_t size) {
  if (world().roll(world().faults.no_memory)) return error(std::errc::no_buffer_space);
  const std::size_t most = world().cut(size, world().faults.short_write);
  const Raw taken = socket.send(parts, most == size ? unlimited : most);
  for (std::size_t i = 0, left = taken > 0 ? static_cast<std::size_t>(taken) : 0; left != 0; ++i) {
    mix(parts[i].first(std::min(left, parts[i].size())));
    left -= std::min(left, parts[i].size());
  }
  return taken;
}

Raw socket_operations::send(Handle handle, const std::byte* data, std::size_t size) {
  const Const_Bytes part{data, size};
  return send_gathered(handle, &part, 1);
}

void socket_operations::fill(os::Operations& table) {
  table.socket = switching<open_socket>;
  table.socket_pair = switching<socket_pair>;
  table.bind = switching<bind>;
  table.listen = switching<listen>;
  table.accept = switching<accept>;
  table.connect = switching<connect>;
  table.receive = switching<receive>;
  table.send = switching<send>;
  table.send_gathered = switching<send_gathered>;
  table.shutdown = switching<shutdown>;
  table.set_option = set_option;
  table.get_option = get_option;
  table.local_address = local_address;
  table.peer_address = peer_address;
  table.resolve = resolve;
}

}  // namespace strata::inline v1::sim
