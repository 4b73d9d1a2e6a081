// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>

#include <strata/os/Export.h>
#include <strata/timers/Tick.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// One deadline, a member or base of whatever waits for it; filed in at most one Timer_Queue, which holds its address.
/// Its owner unfiles it (`Timer_Queue::cancel`) before destroying it. @threads loop
class alignas(8) Timer_Node {
 public:
  Timer_Node() = default;
  Timer_Node(const Timer_Node&) = delete;
  Timer_Node& operator=(const Timer_Node&) = delete;
  ~Timer_Node() { assert(!filed()); }

  bool filed() const noexcept { return place_ != 0; }
  /// The tick last asked for; meaningless before the first filing.
  Tick deadline() const noexcept { return high_ >> order_high_bits; }

 private:
  friend class Timer_Queue;
  static constexpr unsigned order_high_bits = 64 - tick_bits;

  // Ascending (high_, low_) is the order of expiry: tick, then order of filing. 52 bits of order last 142 years at a
  // million filings a second.
  std::uint64_t high_ = 0;   // tick << 20 | order >> 32
  std::uint32_t low_ = 0;    // order's low 32 bits
  std::uint32_t place_ = 0;  // where the queue finds it; 0: not filed
};
static_assert(sizeof(Timer_Node) == 16);

}  // namespace v1
}  // namespace strata
