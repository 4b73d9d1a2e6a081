// SPDX-License-Identifier: Apache-2.0
#include "Network.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

#include "Demultiplexer.h"
#include "Object.h"
#include "World.h"

namespace strata::inline v1::sim {
namespace {

using os::Family;
using os::Raw;
using os::Socket_Address;

constexpr std::chrono::seconds patience{127};  // of a connect: six SYNs, after 1, 2, 4 … s (tcp(7), tcp_syn_retries)

bool wildcard(const Socket_Address& address) {
  return std::ranges::all_of(address.address(), [](std::uint8_t byte) { return byte == 0; });
}

bool same_host(const Socket_Address& a, const Socket_Address& b) {
  return a.family() == b.family() && std::ranges::equal(a.address(), b.address());
}

bool same(const Socket_Address& a, const Socket_Address& b) {
  return same_host(a, b) && a.port() == b.port() && a.path() == b.path();
}

/// One of both takes what is sent to the other.
bool overlap(const Socket_Address& a, const Socket_Address& b) {
  if (a.family() != b.family()) return false;
  if (a.family() == Family::local) return a.path() == b.path();
  return a.port() == b.port() && (wildcard(a) || wildcard(b) || std::ranges::equal(a.address(), b.address()));
}

Socket_Address loopback(Family family, std::uint16_t port) {
  if (family == Family::local) return Socket_Address{};
  if (family == Family::ipv4) return Socket_Address::ipv4(std::array<std::uint8_t, 4>{127, 0, 0, 1}, port);
  std::array<std::uint8_t, 16> one{};
  one.back() = 1;
  return Socket_Address::ipv6(one, port);
}

bool abstract_name(std::string_view path) { return path.empty() || path.front() == '\0'; }

}  // namespace

std::uint16_t Network::free_port() {
  last_port_ = last_port_ == 65'535 ? 40'000 : static_cast<std::uint16_t>(last_port_ + 1);
  return last_port_;
}

Raw Network::bind(Socket_Address& address, bool shared) {
  if (address.family() != Family::local && address.port() == 0) address.set_port(free_port());
  const auto clash = [&](const Claim& other) {
    return overlap(address, other.address) && !(shared && other.shared);
  };
  if (std::ranges::any_of(claims_, clash)) return error(std::errc::address_in_use);
  if (address.family() == Family::local && !abstract_name(address.path())) {
    if (std::ranges::find(files_, address.path()) != files_.end()) return error(std::errc::address_in_use);
    files_.emplace_back(address.path());
  }
  claims_.push_back({address, shared});
  return 0;
}

void Network::share(const Socket_Address& address) {
  const auto alone = [&](const Claim& each) { return same(each.address, address) && !each.shared; };
  const auto claim = std::ranges::find_if(claims_, alone);
  if (claim != claims_.end()) claim->shared = true;
}

void Network::release(const Socket_Address& address) {
  const auto claim = std::ranges::find_if(claims_, [&](const Claim& each) { return same(each.address, address); });
  if (claim != claims_.end()) claims_.erase(claim);
}

bool Network::has_path(std::string_view path) const { return std::ranges::find(files_, path) != files_.end(); }
bool Network::remove_path(std::string_view path) { return std::erase(files_, path) != 0; }

void Network::listen(const std::shared_ptr<Listener>& listener) { listeners_.push_back(listener); }

void Network::stop(const std::shared_ptr<Listener>& listener) {
  std::erase(listeners_, listener);
  for (const std::shared_ptr<Connection>& waiting : std::exchange(listener->ready, {})) waiting->close(1, true);
  for (const std::shared_ptr<Connection>& waiting : std::exchange(listener->deferred, {})) waiting->close(1, true);
}

/// Of several that share an address (socket(7), SO_REUSEPORT) the seed is the hash that chooses.
std::shared_ptr<Listener> Network::find(const Socket_Address& to) {
  std::vector<std::shared_ptr<Listener>> takers;
  std::ranges::copy_if(listeners_, std::back_inserter(takers), [&](const auto& each) {
    return overlap(each->address, to);
  });
  if (takers.empty()) return nullptr;
  return takers[takers.size() == 1 ? 0 : world_.random.below(takers.size())];
}

bool Network::full(const Socket_Address& to) const {
  if (to.family() != Family::local) return false;
  return std::ranges::any_of(listeners_, [&](const auto& each) { return overlap(each->address, to) && each->full(); });
}

Raw Network::connect(const std::shared_ptr<Connection>& connection, const Socket_Address& to) {
  if (to.family() == Family::local) {
    const std::shared_ptr<Listener> listener = find(to);
    if (listener == nullptr) {
      const bool stale = abstract_name(to.path()) || std::ranges::find(files_, to.path()) != files_.end();
      return error(stale ? std::errc::connection_refused : std::errc::no_such_file_or_directory);
    }
    if (listener->full()) return error(std::errc::operation_would_block);  // unix(7)
    connection->end(1).address = listener->address;
    connection->establish();
    listener->enqueue(connection, world_.random);
    return 0;
  }
  if (connection->end(0).address.family() == Family::unspecified) {
    connection->end(0).address = loopback(to.family(), free_port());
  }
  connection->end(1).address = wildcard(to) ? loopback(to.family(), to.port()) : to;
  const bool apart = parted(connection->end(0).address, connection->end(1).address) > patience;
  if (world_.random.chance(world_.faults.lose_connect) || apart) {
    world_.agenda.at(world_.agenda.now() + patience,
                     [connection] { connection->fail_connect(std::errc::timed_out); });
    return error(std::errc::operation_in_progress);
  }
  connection->draw_latency();
  world_.after(way(*connection), [this, connection, to] { request(connection, to, 0); });
  return error(std::errc::operation_in_progress);
}

void Network::part(const Socket_Address& one, const Socket_Address& other, Time_Point until) {
  parted_.push_back({one, other, until});
}

/// Until the way between both is open again.
Duration Network::parted(const Socket_Address& one, const Socket_Address& other) {
  const Time_Point now = world_.agenda.now();
  std::erase_if(parted_, [now](const Parted& each) { return each.until <= now; });
  Duration longest{};
  for (const Parted& each : parted_) {
    const bool ways[] = {same_host(each.one, one) && same_host(each.other, other),
                         same_host(each.one, other) && same_host(each.other, one)};
    if (ways[0] || ways[1]) longest = std::max(longest, each.until - now);
  }
  return longest;
}

Duration Network::way(const Connection& connection) {
  return parted(connection.end(0).address, connection.end(1).address) + connection.own_latency() + world_.latency();
}

void Network::lose_some_day(const std::shared_ptr<Connection>& connection) {
  if (!world_.roll(world_.faults.lose)) return;
  const auto most = static_cast<std::uint64_t>(world_.faults.lose_within.count());
  const Duration when{static_cast<std::int64_t>(world_.random.below(most + 1))};
  world_.agenda.at(world_.agenda.now() + when, [lost = std::weak_ptr{connection}] {
    if (const auto found = lost.lock()) found->reset_by_fate();
  });
}

/// A SYN arrives. A full queue ignores it; it comes again after 1, 2, 4 … s, six times (tcp(7), tcp_syn_retries).
void Network::request(const std::shared_ptr<Connection>& connection, const Socket_Address& to, int attempt) {
  if (connection->end(0).closed) return;
  const std::shared_ptr<Listener> listener = find(to);
  if (listener == nullptr || world_.random.chance(world_.faults.refuse)) {
    return world_.after(way(*connection), [connection] { connection->fail_connect(std::errc::connection_refused); });
  }
  if (!listener->full()) {
    return world_.after(way(*connection), [this, connection, listener] { enqueue(connection, listener); });
  }
  const std::chrono::seconds pause{1 << attempt};
  if (attempt == 6) {
    return world_.after(pause, [connection] { connection->fail_connect(std::errc::timed_out); });
  }
  world_.after(pause, [this, connection, to, attempt] { request(connection, to, attempt + 1); });
}

void Network::enqueue(const std::shared_ptr<Connection>& connection, const std::shared_ptr<Listener>& listener) {
  if (connection->end(0).closed) return;
  if (std::ranges::find(listeners_, listener) == listeners_.end()) {
    return connection->fail_connect(std::errc::connection_refused);
  }
  connection->establish();
  lose_some_day(connection);
  if (listener->defer_seconds == 0) return listener->enqueue(connection, world_.random);
  listener->deferred.push_back(connection);
  const auto promote = [this, of = std::weak_ptr{listener}, peer = std::weak_ptr{connection}] {
    if (const auto to = of.lock()) to->promote(peer.lock(), world_.random);
  };
  connection->end(1).changed = [peer = connection.get(), promote] {
    if (!peer->end(1).inbox.empty() || peer->end(1).receive_shut) promote();
  };
  world_.after(std::chrono::seconds{listener->defer_seconds}, promote);
}

/// The kernel walks over those who wait, and stops after the first that sleeps (fs/eventpoll.c, ep_poll_callback):
/// whoever was busy and came before is told as well, whoever comes after is not.
void Listener::enqueue(const std::shared_ptr<Connection>& connection, Random& random) {
  ready.push_back(connection);
  std::erase_if(interests, [](const auto& each) { return each.expired(); });
  for (std::size_t i = 0; i < interests.size(); ++i) {
    if (interests.size() - i > 1) std::swap(interests[i], interests[i + random.below(interests.size() - i)]);
    const std::shared_ptr<Shared_Interest> interest = interests[i].lock();
    interest->told = true;
    if (interest->set->waited_in()) return;
  }
}

void Listener::promote(const std::shared_ptr<Connection>& connection, Random& random) {
  if (std::erase(deferred, connection) != 0) enqueue(connection, random);
}

}  // namespace strata::inline v1::sim
