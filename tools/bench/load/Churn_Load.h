// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "load/Client_Socket.h"
#include "load/Echo_Client.h"
#include "load/Payload.h"
#include "load/Poller.h"
#include "load/Workload.h"

namespace bench {

// Connect, one echo, close; a number of them at a time. The client closes first.
class Churn_Load {
 public:
  Churn_Load(std::uint16_t port, const Workload& workload);

  Report run(const Limits& limits);

 private:
  struct Slot {
    Client_Socket socket;
    Clock::time_point start;
    std::uint64_t position = 0;  // in the payload
    std::size_t received = 0;
  };
  void open(std::size_t index);
  void on_ready(std::size_t index);
  void close(std::size_t index);

  std::uint16_t port_;
  Workload workload_;
  Payload payload_;
  Poller poller_;
  std::vector<Slot> slots_;
  std::uint64_t budget_ = 0;  // connections that may still be opened
  std::size_t opened_ = 0;    // now
  Report report_;
};

}  // namespace bench
