// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "common/Work.h"
#include "load/Histogram.h"

namespace bench {

struct Workload {
  std::string_view name;
  std::size_t connections = 1;
  std::size_t bytes = 64;      // of one message
  std::size_t depth = 1;       // messages in flight on each active connection
  std::size_t active = 1;      // connections that send; the others had one echo and stay
  bool churn = false;          // connect, one echo, close; `connections` at a time
  std::optional<Mark> mark{};  // of each message, for a server that heeds it
  std::size_t rivals = 0;      // connections beside these, of which only the number of messages is reported
  std::size_t rival_depth = 1;
  std::size_t rival_bytes = 0;  // of one message; 0: as the others'
  std::chrono::nanoseconds rival_gap{};  // between two messages of a rival; 0: the next when one has come back
  std::optional<Mark> rival_mark{};
};

// By its name, as the table in Workload.cpp has it.
std::optional<Workload> find_workload(std::string_view name);

// A run ends when either is used up.
struct Limits {
  std::uint64_t messages = std::numeric_limits<std::uint64_t>::max();
  std::chrono::nanoseconds time = std::chrono::seconds(3600);
};

struct Report {
  std::uint64_t messages = 0;
  std::uint64_t errors = 0;         // wrong bytes, broken or stuck connections
  std::uint64_t rival_messages = 0;
  std::chrono::nanoseconds time{};  // from the first message sent to the last received
  Histogram latencies;
};

}  // namespace bench
