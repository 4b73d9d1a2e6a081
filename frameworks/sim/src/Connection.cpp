// SPDX-License-Identifier: Apache-2.0
#include "Connection.h"

#include <algorithm>
#include <utility>

#include <strata/os/Demultiplexer.h>

#include "Object.h"
#include "World.h"

namespace strata::inline v1::sim {

using os::Raw;
using os::Ready;

Connection::Connection(World& world, Kind kind) : world_{world}, kind_{kind} {
  for (int side : {0, 1}) limit(side, world.buffer, world.buffer);
}

void Connection::tell(int side) {
  if (end(side).changed) end(side).changed();
}

std::size_t Connection::room(int side) const {
  const End& to = end(1 - side);
  // A unix socket's bytes count to the sender until they are read; TCP's until they arrive.
  const std::size_t used = to.flight.size() + (kind_ == Kind::local ? to.inbox.size() : 0);
  return end(side).send_limit - std::min(used, end(side).send_limit);
}

std::uint8_t Connection::readiness(int side) const {
  const End& self = end(side);
  const std::size_t used = self.send_limit - room(side);
  unsigned set = 0;
  if (self.error != std::errc{}) set |= Ready::error;
  if (self.dead || (self.receive_shut && self.send_shut)) set |= Ready::hangup;
  if (self.receive_shut) set |= Ready::input | Ready::read_end;
  if (!self.inbox.empty()) set |= Ready::input;
  if (kind_ == Kind::local) {
    if (used * 4 <= self.send_limit) set |= Ready::output;  // unix_writable()
  } else if (self.established || self.dead) {
    if (self.send_shut || used * 3 <= self.send_limit * 2) set |= Ready::output;  // sk_stream_is_writeable()
  }
  return static_cast<std::uint8_t>(set);
}

Raw Connection::send(int side, std::span<const Const_Bytes> parts, std::size_t most) {
  End& self = end(side);
  if (kind_ == Kind::tcp && self.error != std::errc{}) return error(take_error(side));
  if (self.send_shut || self.dead) return error(std::errc::broken_pipe);
  if (!self.established) return error(std::errc::operation_would_block);
  End& to = end(1 - side);
  if (kind_ == Kind::local && to.receive_shut) return error(std::errc::broken_pipe);
  const std::size_t free = std::min(room(side), most);
  std::size_t taken = 0;
  bool empty = true;
  for (const Const_Bytes part : parts) {
    empty = empty && part.empty();
    const std::size_t count = std::min(part.size(), free - taken);
    to.flight.push(part.first(count));
    taken += count;
  }
  if (taken == 0) return empty ? 0 : error(std::errc::operation_would_block);
  pump(1 - side);
  return static_cast<Raw>(taken);
}

Raw Connection::receive(int side, Bytes out) {
  End& self = end(side);
  if (const Const_Bytes have = self.inbox.front(out.size()); !have.empty()) {
    std::ranges::copy(have, out.begin());
    const auto count = static_cast<Raw>(have.size());
    self.inbox.pop(have.size());
    if (kind_ == Kind::tcp) pump(side);  // the window opens
    if (kind_ == Kind::local) tell(1 - side);
    return count;
  }
  if (out.empty()) return 0;
  if (kind_ == Kind::tcp && self.end_seen) return 0;
  if (self.error != std::errc{}) return error(take_error(side));
  if (self.receive_shut) return 0;
  return error(std::errc::operation_would_block);
}

Raw Connection::shutdown(int side, os::Shutdown how) {
  End& self = end(side);
  End& other = end(1 - side);
  if (kind_ == Kind::tcp && (self.dead || !self.established)) return error(std::errc::not_connected);
  if (how != os::Shutdown::receive && !self.send_shut) {
    self.send_shut = true;
    other.end_sent = true;
    pump(1 - side);
  }
  if (how != os::Shutdown::send) {
    self.receive_shut = true;
    if (kind_ == Kind::local) other.send_shut = true;
    tell(1 - side);
  }
  return 0;
}

// tcp_close(): unread bytes, or SO_LINGER with 0, make it a reset.
void Connection::close(int side, bool abortive) {
  End& self = end(side);
  if (self.closed) return;
  self.closed = true;
  self.changed = nullptr;
  if (kind_ == Kind::local) return close_local(side);
  if (self.dead) return;
  if (!self.established) {
    self.dead = true;
    return;
  }
  if (abortive || !self.inbox.empty()) {
    self.dead = true;
    return send_reset(side);
  }
  self.send_shut = self.receive_shut = true;
  end(1 - side).end_sent = true;
  pump(1 - side);
}

// unix_release_sock(): the other end learns at once.
void Connection::close_local(int side) {
  End& other = end(1 - side);
  if (!end(side).inbox.empty()) other.error = std::errc::connection_reset;
  other.receive_shut = other.send_shut = true;
  end(side).dead = true;
  tell(1 - side);
}

void Connection::draw_latency() {
  const auto most = static_cast<std::uint64_t>(world_.faults.latency_spread.count());
  if (most != 0) own_latency_ = Duration{static_cast<std::int64_t>(world_.random.below(most + 1))};
}

void Connection::establish() {
  for (End& each : ends_) each.established = true;
  tell(0);
  tell(1);
}

void Connection::fail_connect(std::errc reason) {
  End& self = end(0);
  if (self.closed) return;
  self.error = reason;
  self.dead = self.receive_shut = self.send_shut = true;
  tell(0);
}

void Connection::limit(int side, std::size_t send, std::size_t receive) {
  end(side).send_limit = send;
  end(side).receive_limit = receive;
}

void Connection::reset_by_fate() {
  reset_arrives(0);
  reset_arrives(1);
}

/// What `from` sent and is not there yet is lost with it: a reset overtakes nothing, but what it purges never left.
void Connection::send_reset(int from) {
  end(1 - from).flight.clear();
  end(1 - from).end_sent = false;
  const Duration delay = world_.network.way(*this);
  if (delay == Duration::zero()) return reset_arrives(1 - from);
  world_.agenda.at(world_.agenda.now() + delay, [self = shared_from_this(), from] { self->reset_arrives(1 - from); });
}

// tcp_reset(): EPIPE after the peer's FIN, else ECONNRESET; nothing where both ends have long agreed to part.
void Connection::reset_arrives(int side) {
  End& self = end(side);
  const bool parted = self.end_seen && end(1 - side).end_seen;
  if (self.dead || parted) return;
  self.dead = self.receive_shut = self.send_shut = true;
  if (!self.closed) self.error = self.end_seen ? std::errc::broken_pipe : std::errc::connection_reset;
  self.flight.clear();
  end(1 - side).flight.clear();
  tell(side);
}

void Connection::pump(int reader) {
  End& to = end(reader);
  const bool end_waits = to.end_sent && !to.end_seen && to.flight.empty();
  const bool window = to.closed || to.inbox.size() < to.receive_limit;
  if (to.under_way || (!end_waits && (to.flight.empty() || !window))) return;
  const Duration delay = kind_ == Kind::local ? Duration::zero() : world_.network.way(*this);
  if (delay == Duration::zero()) return deliver(reader);
  to.under_way = true;
  world_.agenda.at(world_.agenda.now() + delay, [self = shared_from_this(), reader] {
    self->end(reader).under_way = false;
    self->deliver(reader);
  });
}

void Connection::deliver(int reader) {
  End& to = end(reader);
  if (to.dead && !to.closed) return;
  if (kind_ == Kind::tcp && world_.random.chance(world_.faults.reset)) return reset_by_fate();
  if (to.closed) return deliver_to_closed(reader);
  const bool bytes_came = deliver_bytes(reader);
  if (to.flight.empty() && to.end_sent && !to.end_seen) to.end_seen = to.receive_shut = true;
  tell(reader);
  if (bytes_came) tell(1 - reader);
  pump(reader);
}

/// Bytes for nobody: answered by a reset. An end for nobody is what both wanted.
void Connection::deliver_to_closed(int reader) {
  End& to = end(reader);
  if (!to.flight.empty() || to.dead) {
    to.flight.clear();
    to.dead = true;
    return send_reset(reader);
  }
  to.end_seen = to.end_seen || to.end_sent;
}

bool Connection::deliver_bytes(int reader) {
  End& to = end(reader);
  const std::size_t window = kind_ == Kind::local ? to.flight.size()
                                                  : to.receive_limit - std::min(to.receive_limit, to.inbox.size());
  const Const_Bytes bytes = to.flight.front(window);
  to.inbox.push(bytes);
  const bool any = !bytes.empty();
  to.flight.pop(bytes.size());
  return any;
}

}  // namespace strata::inline v1::sim
