// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include <strata/os/Socket.h>

#include "Network.h"
#include "Object.h"

namespace strata::inline v1::sim {

struct World;

/// A stream socket: fresh, listening, or one end of a connection.
class Socket final : public Object {
 public:
  Socket(World&, os::Family);
  /// An end that an accept or a socket pair gives.
  Socket(World&, os::Family, std::shared_ptr<Connection>, int side);
  ~Socket() override;

  std::uint8_t readiness() const override;
  void tell_also(const std::shared_ptr<Shared_Interest>&) override;
  os::Raw read(Bytes out) override { return receive(out); }
  os::Raw write(Const_Bytes in) override { return send({&in, 1}, in.size()); }

  os::Raw bind(os::Socket_Address);
  os::Raw listen(int backlog);
  os::Raw connect(const os::Socket_Address&);
  /// The next connection as a socket of its own, or null: -EAGAIN, or -EINVAL where this does not listen.
  std::shared_ptr<Socket> accept(os::Raw& failure);
  bool drop_next();  ///< a queued connection is aborted before anybody accepts it
  os::Raw receive(Bytes);
  os::Raw send(std::span<const Const_Bytes> parts, std::size_t most);
  os::Raw shutdown(os::Shutdown);
  os::Raw set_option(os::Socket_Option, int value);
  os::Raw get_option(os::Socket_Option);
  bool connect_settled() const;  ///< made, failed, or never begun
  std::errc take_error() { return connection_ == nullptr ? std::errc{} : connection_->take_error(side_); }
  os::Raw local_address(os::Socket_Address&) const;
  os::Raw peer_address(os::Socket_Address&) const;

  const std::shared_ptr<Connection>& connection() const noexcept { return connection_; }
  int side() const noexcept { return side_; }

 private:
  int& option(os::Socket_Option which) { return options_[static_cast<std::size_t>(which)]; }
  void apply_limits();

  World& world_;
  os::Family family_;
  os::Socket_Address bound_;
  bool claimed_ = false;  // bound_ stands in the network's list
  std::shared_ptr<Listener> listener_;
  std::shared_ptr<Connection> connection_;
  int side_ = 0;
  std::array<int, static_cast<std::size_t>(os::Socket_Option::pending_error) + 1> options_{};
};

}  // namespace strata::inline v1::sim
