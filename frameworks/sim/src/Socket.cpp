// SPDX-License-Identifier: Apache-2.0
#include "Socket.h"

#include <algorithm>
#include <utility>

#include <strata/os/Demultiplexer.h>

#include "World.h"

namespace strata::inline v1::sim {

using os::Family;
using os::Raw;
using os::Ready;
using os::Socket_Address;
using os::Socket_Option;

namespace {

constexpr int linger_off = -1;
constexpr int somaxconn = 4096;

}  // namespace

Socket::Socket(World& world, Family family, std::shared_ptr<Connection> connection, int side)
    : world_{world}, family_{family}, connection_{std::move(connection)}, side_{side} {
  option(Socket_Option::linger) = linger_off;
  option(Socket_Option::send_buffer) = option(Socket_Option::receive_buffer) = static_cast<int>(world.buffer);
  bound_ = connection_ == nullptr ? Socket_Address{} : connection_->end(side).address;
}

Socket::Socket(World& world, Family family) : Socket{world, family, nullptr, 0} {}

Socket::~Socket() {
  if (listener_ != nullptr) world_.network.stop(listener_);
  if (claimed_) world_.network.release(bound_);
  if (connection_ != nullptr) connection_->close(side_, option(Socket_Option::linger) == 0);
}

std::uint8_t Socket::readiness() const {
  if (listener_ != nullptr) return listener_->ready.empty() ? std::uint8_t{0} : Ready::input;
  if (connection_ != nullptr) return connection_->readiness(side_);
  return Ready::output | Ready::hangup;  // TCP_CLOSE
}

void Socket::tell_also(const std::shared_ptr<Shared_Interest>& interest) {
  interest->told = listener_ == nullptr || !listener_->ready.empty();
  if (listener_ != nullptr) listener_->interests.push_back(interest);
}

Raw Socket::bind(Socket_Address address) {
  if (claimed_ || connection_ != nullptr) return error(std::errc::invalid_argument);
  if (address.family() != family_) {
    return error(family_ == Family::local ? std::errc::invalid_argument : std::errc::address_family_not_supported);
  }
  const bool shared = option(Socket_Option::reuse_port) != 0;
  if (const Raw failed = world_.network.bind(address, shared); failed != 0) return failed;
  bound_ = address;
  claimed_ = true;
  return 0;
}

Raw Socket::listen(int backlog) {
  if (connection_ != nullptr) return error(std::errc::invalid_argument);
  const auto depth = static_cast<std::size_t>(std::clamp(backlog, 0, somaxconn));
  if (listener_ != nullptr) {
    listener_->backlog = depth;
    return 0;
  }
  if (!claimed_ && family_ == Family::local) return error(std::errc::invalid_argument);
  if (!claimed_) {
    const Socket_Address any = family_ == Family::ipv4 ? Socket_Address::ipv4(std::array<std::uint8_t, 4>{}, 0)
                                                       : Socket_Address::ipv6(std::array<std::uint8_t, 16>{}, 0);
    if (const Raw failed = bind(any); failed != 0) return failed;
  }
  listener_ = std::make_shared<Listener>();
  listener_->address = bound_;
  listener_->backlog = depth;
  listener_->defer_seconds = option(Socket_Option::defer_accept);
  world_.network.listen(listener_);
  return 0;
}

Raw Socket::connect(const Socket_Address& to) {
  if (listener_ != nullptr) return error(family_ == Family::local ? std::errc::invalid_argument
                                                                  : std::errc::already_connected);
  if (to.family() != family_) return error(family_ == Family::local ? std::errc::invalid_argument
                                                                    : std::errc::address_family_not_supported);
  if (connection_ != nullptr && !connection_->end(side_).dead) {
    return error(connection_->end(side_).established ? std::errc::already_connected
                                                     : std::errc::connection_already_in_progress);
  }
  const bool local = family_ == Family::local;
  connection_ = std::make_shared<Connection>(world_, local ? Connection::Kind::local : Connection::Kind::tcp);
  side_ = 0;
  apply_limits();
  connection_->end(0).address = bound_;
  const Raw result = world_.network.connect(connection_, to);
  if (local && result != 0) connection_ = nullptr;
  return result;
}

std::shared_ptr<Socket> Socket::accept(Raw& failure) {
  failure = error(listener_ == nullptr ? std::errc::invalid_argument : std::errc::operation_would_block);
  if (listener_ == nullptr || listener_->ready.empty()) return nullptr;
  std::shared_ptr<Connection> next = std::move(listener_->ready.front());
  listener_->ready.pop_front();
  next->end(1).changed = nullptr;
  auto accepted = std::make_shared<Socket>(world_, family_, std::move(next), 1);
  for (const Socket_Option inherited : {Socket_Option::no_delay, Socket_Option::keep_alive,
                                        Socket_Option::send_buffer, Socket_Option::receive_buffer}) {
    accepted->option(inherited) = option(inherited);
  }
  accepted->apply_limits();
  return accepted;
}

bool Socket::drop_next() {
  Raw ignored = 0;
  const std::shared_ptr<Socket> next = accept(ignored);
  if (next == nullptr) return false;
  next->connection_->close(1, true);
  return true;
}

Raw Socket::receive(Bytes out) {
  if (connection_ != nullptr) return connection_->receive(side_, out);
  return error(family_ == Family::local ? std::errc::invalid_argument : std::errc::not_connected);
}

Raw Socket::send(std::span<const Const_Bytes> parts, std::size_t most) {
  if (connection_ != nullptr) return connection_->send(side_, parts, most);
  return error(family_ == Family::local ? std::errc::not_connected : std::errc::broken_pipe);
}

Raw Socket::shutdown(os::Shutdown how) {
  return connection_ != nullptr ? connection_->shutdown(side_, how) : error(std::errc::not_connected);
}

void Socket::apply_limits() {
  const auto bytes = [this](Socket_Option which) { return static_cast<std::size_t>(std::max(option(which), 1)); };
  if (connection_ == nullptr) return;
  connection_->limit(side_, bytes(Socket_Option::send_buffer), bytes(Socket_Option::receive_buffer));
}

Raw Socket::set_option(Socket_Option which, int value) {
  if (which == Socket_Option::pending_error) return error(std::errc::no_protocol_option);
  option(which) = value;
  apply_limits();
  if (which == Socket_Option::reuse_port && value != 0 && claimed_) world_.network.share(bound_);
  if (listener_ != nullptr) listener_->defer_seconds = option(Socket_Option::defer_accept);
  return 0;
}

Raw Socket::get_option(Socket_Option which) {
  if (which != Socket_Option::pending_error) return option(which);
  return static_cast<Raw>(take_error());
}

bool Socket::connect_settled() const {
  return connection_ == nullptr || connection_->end(side_).established || connection_->end(side_).dead;
}

Raw Socket::local_address(Socket_Address& out) const {
  out = connection_ != nullptr ? connection_->end(side_).address : bound_;
  return 0;
}

Raw Socket::peer_address(Socket_Address& out) const {
  if (connection_ == nullptr || !connection_->end(side_).established || connection_->end(side_).dead) {
    return error(std::errc::not_connected);
  }
  out = connection_->end(1 - side_).address;
  return 0;
}

}  // namespace strata::inline v1::sim
