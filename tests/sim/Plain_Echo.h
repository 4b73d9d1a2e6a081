// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Socket.h>

namespace strata_test {

/// An echo by hand over the seam, as simple as can be: so that what the simulator's own tests see is the simulator.
class Plain_Echo {
 public:
  Plain_Echo()
      : demultiplexer_{*strata::os::open_demultiplexer("auto")},
        listener_{*strata::os::open_socket(strata::os::Family::ipv4, strata::os::Socket_Kind::stream)} {
    constexpr std::array<std::uint8_t, 4> loopback{127, 0, 0, 1};
    (void)strata::os::bind(listener_.get(), strata::os::Socket_Address::ipv4(loopback, 7));
    (void)strata::os::listen(listener_.get(), 16);
    (void)demultiplexer_->add(listener_.get(), strata::os::Interest::input, 0);
  }

  strata::os::Socket_Address address() const { return *strata::os::local_address(listener_.get()); }
  std::size_t connections() const noexcept { return peers_.size(); }

  /// One wait and what it brings. False: the wait failed.
  bool turn(strata::Duration timeout = std::chrono::seconds{-1}) {
    std::array<strata::os::Ready, 8> ready;
    const auto count = demultiplexer_->wait(ready, timeout);
    if (!count) return false;
    for (std::size_t i = 0; i < *count; ++i) {
      if (ready[i].token == 0) accept(); else serve(ready[i].token);
    }
    return true;
  }

 private:
  struct Peer {
    strata::os::Unique_Handle handle;
    std::string owed;
    bool ended = false;
  };

  void accept() {
    auto peer = strata::os::accept(listener_.get());
    if (!peer) return;
    const std::uint64_t token = ++tokens_;
    (void)demultiplexer_->add(peer->get(), strata::os::Interest::input, token);
    peers_[token] = {std::move(*peer), {}, false};
  }

  void serve(std::uint64_t token) {
    const auto found = peers_.find(token);
    if (found == peers_.end()) return;
    Peer& peer = found->second;
    bool alive = peer.ended || receive(peer);
    if (alive && !peer.owed.empty()) alive = send(peer);
    if (!alive || (peer.ended && peer.owed.empty())) {
      peers_.erase(found);
      return;
    }
    using strata::os::Interest;
    const Interest wanted = (peer.ended ? Interest::none : Interest::input) |
                            (peer.owed.empty() ? Interest::none : Interest::output);
    (void)demultiplexer_->modify(peer.handle.get(), wanted, token);
  }

  static bool receive(Peer& peer) {
    std::array<std::byte, 4096> buffer;
    const auto count = strata::os::receive(peer.handle.get(), buffer);
    if (!count) return count.error() == std::errc::operation_would_block;
    peer.ended = *count == 0;
    peer.owed += strata::as_text(strata::Const_Bytes{buffer}.first(*count));
    return true;
  }

  static bool send(Peer& peer) {
    const auto count = strata::os::send(peer.handle.get(), strata::as_bytes(peer.owed));
    if (!count) return count.error() == std::errc::operation_would_block;
    peer.owed.erase(0, *count);
    return true;
  }

  std::unique_ptr<strata::os::Demultiplexer> demultiplexer_;
  strata::os::Unique_Handle listener_;
  std::uint64_t tokens_ = 0;
  std::map<std::uint64_t, Peer> peers_;
};

}  // namespace strata_test
