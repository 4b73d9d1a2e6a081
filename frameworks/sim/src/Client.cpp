// SPDX-License-Identifier: Apache-2.0
#include <strata/sim/Client.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "Connection.h"
#include "Object.h"
#include "World.h"

namespace strata::inline v1::sim {

using std::chrono::microseconds;

Client_Script Client_Script::drawn(Random& random, const os::Socket_Address& to) {
  Client_Script script;
  script.to = to;
  script.start = microseconds{random.below(50'000)};
  script.bytes = random.chance(0.2) ? random.below(200'000) : random.below(5'000);
  script.send_most = random.chance(0.5) ? random.between(1, 20'000) : random.between(64, 1'000);
  script.read_most = random.chance(0.2) ? random.between(1, 500) : 65'536;
  script.pause = random.chance(0.5) ? microseconds{random.below(2'000)} : microseconds{0};
  // A drip of single bytes would make a run long without making it different.
  script.send_most = std::max(script.send_most, script.bytes / 100);
  if (script.read_most != 0) script.read_most = std::max(script.read_most, script.bytes / 100);
  const std::uint64_t way = random.below(10);
  script.farewell = way < 5 ? Farewell::half_close : way < 7 ? Farewell::when_echoed : static_cast<Farewell>(way - 5);
  return script;
}

struct Client::Actor : std::enable_shared_from_this<Client::Actor> {
  Actor(World& of, const Client_Script& plan) : world{of}, script{plan}, key{of.random.next()} {}

  std::byte pattern(std::size_t place) const noexcept {
    return static_cast<std::byte>((key >> (place % 57)) + place * 31 + (place >> 8));
  }
  void file(Duration delay);
  void begin();
  void act();
  bool read();
  bool write();
  void check(Const_Bytes bytes);
  void say_farewell();
  void finish(State with);

  World& world;
  Client_Script script;
  std::uint64_t key;
  std::shared_ptr<Connection> connection;
  State state = State::connecting;
  std::errc failure{};
  std::size_t sent = 0, received = 0;
  std::string complaint;
  bool filed = false;
  bool said_farewell = false;
};

void Client::Actor::file(Duration delay) {
  if (std::exchange(filed, true)) return;
  const auto most = static_cast<std::uint64_t>(script.pause.count());
  delay += Duration{static_cast<std::int64_t>(world.random.below(most + 1))};
  world.agenda.at(world.agenda.now() + delay, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->filed = false;
    if (self->connection == nullptr) self->begin(); else self->act();
  });
}

void Client::Actor::begin() {
  const bool local = script.to.family() == os::Family::local;
  connection = std::make_shared<Connection>(world, local ? Connection::Kind::local : Connection::Kind::tcp);
  if (script.from.family() != os::Family::unspecified) {
    connection->end(0).address = script.from;
    connection->end(0).address.set_port(world.network.free_port());
  }
  connection->end(0).changed = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->file(Duration::zero());
  };
  const os::Raw outcome = world.network.connect(connection, script.to);
  if (outcome == 0 || outcome == sim::error(std::errc::operation_in_progress)) return;
  failure = static_cast<std::errc>(-outcome);
  finish(State::failed);
}

void Client::Actor::act() {
  if (state >= State::ended) return;
  const Connection::End& end = connection->end(0);
  if (!end.established && !end.dead) return;
  state = State::talking;
  const bool has_read = read();
  if (state >= State::ended) return;
  const bool has_written = write();
  if (state >= State::ended) return;
  if (sent == script.bytes) say_farewell();
  if (has_read || has_written) file(Duration::zero());
}

bool Client::Actor::read() {
  if (script.read_most == 0) return false;
  std::vector<std::byte> buffer(world.random.between(1, script.read_most));
  const os::Raw count = connection->receive(0, buffer);
  if (count > 0) {
    check(Const_Bytes{buffer}.first(static_cast<std::size_t>(count)));
    return true;
  }
  if (count == 0) finish(State::ended);
  if (count < 0 && count != sim::error(std::errc::operation_would_block)) {
    failure = static_cast<std::errc>(-count);
    finish(State::failed);
  }
  return false;
}

/// The model: byte n of an echo is byte n of the pattern, and an echo is never ahead of what was sent.
void Client::Actor::check(Const_Bytes bytes) {
  for (const std::byte byte : bytes) {
    if (complaint.empty() && received >= sent) {
      complaint = "more was echoed than sent, at byte " + std::to_string(received);
    }
    if (complaint.empty() && byte != pattern(received)) complaint = "wrong byte " + std::to_string(received);
    ++received;
  }
}

bool Client::Actor::write() {
  if (sent == script.bytes) return false;
  std::vector<std::byte> bytes(std::min(world.random.between(1, script.send_most), script.bytes - sent));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern(sent + i);
  const Const_Bytes part{bytes};
  const os::Raw count = connection->send(0, {&part, 1}, bytes.size());
  if (count > 0) sent += static_cast<std::size_t>(count);
  if (count < 0 && count != sim::error(std::errc::operation_would_block)) {
    failure = static_cast<std::errc>(-count);
    finish(State::failed);
  }
  return count > 0;
}

void Client::Actor::say_farewell() {
  if (script.farewell == Farewell::when_echoed && received < sent) return;
  if (std::exchange(said_farewell, true)) return;
  switch (script.farewell) {
    case Farewell::half_close:
      connection->shutdown(0, os::Shutdown::send);
      return;
    case Farewell::when_echoed:
    case Farewell::close:
    case Farewell::reset:
      return finish(State::left);
    case Farewell::vanish:
      connection->end(0).changed = nullptr;
      state = State::left;
  }
}

void Client::Actor::finish(State with) {
  state = with;
  connection->close(0, with == State::left && script.farewell == Farewell::reset);
}

Client::Client(Simulator& simulator, const Client_Script& script)
    : actor_{std::make_shared<Actor>(*simulator.world_, script)} {
  actor_->file(script.start);
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Client::State Client::state() const noexcept { return actor_->state; }
std::size_t Client::sent() const noexcept { return actor_->sent; }
std::size_t Client::received() const noexcept { return actor_->received; }
const Client_Script& Client::script() const noexcept { return actor_->script; }
std::errc Client::error() const noexcept { return actor_->failure; }
const std::string& Client::complaint() const noexcept { return actor_->complaint; }
std::uint16_t Client::port() const noexcept {
  return actor_->connection == nullptr ? std::uint16_t{0} : actor_->connection->end(0).address.port();
}

}  // namespace strata::inline v1::sim
