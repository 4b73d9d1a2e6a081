// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "load/Echo_Client.h"
#include "load/Payload.h"
#include "load/Poller.h"
#include "load/Workload.h"

namespace bench {

// Connections that stay, the rivals after the others: each has had one echo when the constructor is done.
class Steady_Load {
 public:
  Steady_Load(std::uint16_t port, const Workload& workload);

  Report run(const Limits& limits);

 private:
  [[nodiscard]] bool is_rival(std::size_t index) const noexcept { return index >= workload_.connections; }
  [[nodiscard]] std::size_t depth_of(std::size_t index) const noexcept;
  [[nodiscard]] std::size_t bytes_of(std::size_t index) const noexcept;
  void turn();
  void note(std::size_t index);  // where it is unfinished
  void drip(Clock::time_point now);
  void connect(std::uint16_t port, std::size_t count);
  void send(std::size_t index, std::size_t messages);
  void on_ready(std::size_t index);
  void more(std::size_t index, std::size_t messages);
  void lose(std::size_t index);
  void finish(Clock::time_point give_up);

  Workload workload_;
  Payload payload_;
  Payload rival_payload_;
  Poller poller_;
  std::vector<std::optional<Echo_Client>> clients_;
  std::uint64_t budget_ = 0;  // messages that may still be sent, the rivals' not counted
  std::uint64_t in_flight_ = 0;
  Report report_;
  Histogram rival_latencies_;  // nobody asks
  std::vector<std::size_t> unfinished_;  // clients that have more to do: a buffer a turn
  Clock::time_point next_drip_;
  std::size_t drips_ = 0;
};

}  // namespace bench
