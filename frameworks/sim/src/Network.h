// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <strata/os/Operations.h>
#include <strata/os/Socket_Address.h>
#include <strata/sim/Random.h>

#include "Connection.h"
#include "Object.h"

namespace strata::inline v1::sim {

/// A listening socket's queue of connections that nobody has accepted yet.
struct Listener {
  os::Socket_Address address;
  std::size_t backlog = 0;
  int defer_seconds = 0;  // TCP_DEFER_ACCEPT: a connection queues up when its first bytes come, or so much later
  std::deque<std::shared_ptr<Connection>> ready;
  std::deque<std::shared_ptr<Connection>> deferred;
  std::vector<std::weak_ptr<Shared_Interest>> interests;

  void enqueue(const std::shared_ptr<Connection>&, Random&);
  void promote(const std::shared_ptr<Connection>&, Random&);
  bool full() const noexcept { return ready.size() > backlog; }  // sk_acceptq_is_full(): one more than asked for
};

/// Who listens where, and how connections come about.
class Network {
 public:
  explicit Network(World& world) noexcept : world_{world} {}

  /// Claims `address`, port 0 replaced by a free one. `shared`: SO_REUSEADDR or SO_REUSEPORT is set.
  os::Raw bind(os::Socket_Address& address, bool shared);
  void share(const os::Socket_Address& address);  ///< whoever has claimed it alone sets SO_REUSEPORT since
  std::uint16_t free_port();
  void release(const os::Socket_Address&);  ///< a path stays: the file outlives its socket
  bool has_path(std::string_view path) const;
  bool remove_path(std::string_view path);  ///< true: there was such a socket file
  void listen(const std::shared_ptr<Listener>&);
  void stop(const std::shared_ptr<Listener>&);  ///< what waits in its queue is reset

  /// Starts a connection from end 0 of `connection`. TCP: always in progress; local: done, or an error.
  os::Raw connect(const std::shared_ptr<Connection>& connection, const os::Socket_Address& to);

  bool full(const os::Socket_Address&) const;  ///< a local one: a connect must wait for room (unix(7))

  void part(const os::Socket_Address& one, const os::Socket_Address& other, Time_Point until);
  /// How long what is sent now is on its way, beside what stands between both hosts.
  Duration way(const Connection&);

 private:
  struct Claim {
    os::Socket_Address address;
    bool shared;
  };
  struct Parted {
    os::Socket_Address one, other;
    Time_Point until;
  };
  Duration parted(const os::Socket_Address& one, const os::Socket_Address& other);
  std::shared_ptr<Listener> find(const os::Socket_Address&);
  void request(const std::shared_ptr<Connection>&, const os::Socket_Address& to, int attempt);
  void enqueue(const std::shared_ptr<Connection>&, const std::shared_ptr<Listener>&);
  void lose_some_day(const std::shared_ptr<Connection>&);

  World& world_;
  std::vector<Claim> claims_;
  std::vector<Parted> parted_;
  std::vector<std::string> files_;  // of unix sockets
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::uint16_t last_port_ = 40'000;
};

}  // namespace strata::inline v1::sim
