// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <strata/os/Demultiplexer.h>
#include <strata/os/Signal_Source.h>

#include "Object.h"

namespace strata::inline v1::sim {

/// A process's pending signals: one bit a kind, so that they coalesce.
struct Signals {
  std::shared_ptr<std::uint32_t> pending = std::make_shared<std::uint32_t>(0);
  void raise(os::Signal signal) noexcept { *pending |= 1U << static_cast<unsigned>(signal); }
};

/// What signalfd(2) gives: reads the pending signals of its set, lowest first.
class Signal_Object final : public Object {
 public:
  Signal_Object(const Signals& of, const os::Signal* signals, std::size_t count) : pending_{of.pending} {
    for (std::size_t i = 0; i < count; ++i) set_ |= 1U << static_cast<unsigned>(signals[i]);
  }
  std::uint8_t readiness() const override { return (*pending_ & set_) != 0 ? os::Ready::input : std::uint8_t{0}; }
  os::Raw next() noexcept {
    for (unsigned signal = 0; signal < 32; ++signal) {
      const std::uint32_t bit = 1U << signal;
      if ((*pending_ & set_ & bit) == 0) continue;
      *pending_ &= ~bit;
      return signal;
    }
    return error(std::errc::operation_would_block);
  }

 private:
  std::shared_ptr<std::uint32_t> pending_;
  std::uint32_t set_ = 0;
};

}  // namespace strata::inline v1::sim
