// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "load/Client_Socket.h"
#include "load/Histogram.h"
#include "load/Payload.h"

namespace bench {

using Clock = std::chrono::steady_clock;

// One connection that keeps messages in flight and checks what comes back.
class Echo_Client {
 public:
  // `bytes` of one message; `start` is the payload position of the first.
  Echo_Client(std::uint16_t port, const Payload& payload, std::size_t bytes, std::size_t depth, std::uint64_t start);

  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }
  [[nodiscard]] std::size_t in_flight() const noexcept { return static_cast<std::size_t>(asked_ - answered_); }

  // Puts more messages in flight, `depth` at most. False: the connection is broken.
  bool send_messages(std::size_t count, Clock::time_point now);

  // What the connection is ready for: goes on sending and takes what has come, a buffer of each at most. False:
  // broken, or not the bytes that were sent. `answered` becomes the number of messages that came back whole; their
  // latencies are added.
  bool on_ready(Histogram& latencies, std::size_t& answered);
  // There may be more to take, or room for more: no event will tell.
  [[nodiscard]] bool unfinished() const noexcept { return unread_ || unsent_; }

 private:
  bool flush();
  bool receive();

  Client_Socket socket_;
  const Payload* payload_;
  std::size_t bytes_;
  std::vector<Clock::time_point> asked_at_;  // by message modulo depth
  std::uint64_t start_;                      // the payload position of the first byte
  std::uint64_t asked_ = 0;                  // messages
  std::uint64_t answered_ = 0;
  std::uint64_t sent_ = 0;  // bytes
  std::uint64_t received_ = 0;
  bool unread_ = false, unsent_ = false;
};

}  // namespace bench
