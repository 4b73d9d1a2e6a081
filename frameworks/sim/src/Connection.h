// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <system_error>

#include <strata/os/Bytes.h>
#include <strata/os/Operations.h>
#include <strata/os/Socket.h>

#include "Byte_Queue.h"

namespace strata::inline v1::sim {

struct World;

/// Two ends of a stream and what is under way between them, as Linux's TCP and unix sockets behave (tcp_poll and
/// unix_poll in the kernel's net/; the differential tests hold it to that). End 0 is the one that connected.
///
/// Invariants: bytes never overtake; an end that is `dead` neither sends nor is sent to; what stands in an inbox stays
/// readable whatever befalls the connection; the end mark arrives after the last byte.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class Kind : std::uint8_t { tcp, local };
  struct End {
    os::Socket_Address address;
    std::errc error{};           // sk_err: told once
    bool established = false;
    bool receive_shut = false;   // sk_shutdown
    bool send_shut = false;
    bool end_seen = false;       // SOCK_DONE: the peer's FIN is here
    bool dead = false;           // TCP_CLOSE
    bool closed = false;         // by its owner
    std::size_t send_limit = 0;     // bytes in flight
    std::size_t receive_limit = 0;  // bytes in the inbox
    std::function<void()> changed;  // told of every change that a poll would show; must not act at once
    // What flows towards this end:
    Byte_Queue flight;
    Byte_Queue inbox;
    bool end_sent = false;
    bool under_way = false;  // a delivery is on the agenda
  };

  Connection(World&, Kind);

  const End& end(int side) const { return ends_[index(side)]; }
  End& end(int side) { return ends_[index(side)]; }
  std::uint8_t readiness(int side) const;
  os::Raw send(int side, std::span<const Const_Bytes> parts, std::size_t most);
  os::Raw receive(int side, Bytes);
  os::Raw shutdown(int side, os::Shutdown);
  void close(int side, bool abortive);
  std::errc take_error(int side) noexcept { return std::exchange(end(side).error, std::errc{}); }

  void draw_latency();                    ///< what it has beside others', all its life
  Duration own_latency() const noexcept { return own_latency_; }
  void establish();                       ///< both ends
  void fail_connect(std::errc);           ///< end 0 learns that there is no connection
  void reset_by_fate();                   ///< both ends see a reset: a middlebox, a crashed peer
  void limit(int side, std::size_t send, std::size_t receive);

 private:
  static std::size_t index(int side) { return static_cast<std::size_t>(side); }
  std::size_t room(int side) const;       // for bytes that `side` sends
  void pump(int reader);                  // puts the next delivery to `reader` on the agenda
  void deliver(int reader);
  void deliver_to_closed(int reader);
  bool deliver_bytes(int reader);
  void reset_arrives(int side);
  void send_reset(int from);
  void close_local(int side);
  void tell(int side);

  World& world_;
  Kind kind_;
  Duration own_latency_{};
  std::array<End, 2> ends_;
};

}  // namespace strata::inline v1::sim
