// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <strata/os/Clock.h>
#include <strata/sim/Simulator.h>
#include <strata_test/Interruptions.h>
#include <strata_test/Mechanisms.h>
#include <strata_test/Old_Ring.h>
#include <strata_test/Scale.h>
#include <strata_test/Virtual_Time.h>

namespace strata_test {

/// A world without real time: the kernel's mechanisms under a clock that only waits move, or the simulator; where the
/// environment asks for it, with its calls interrupted.
class Backend {
 public:
  explicit Backend(std::string_view name, std::uint64_t seed = 1) : name_(name) {
    if (is_simulated(name)) {
      simulator_.emplace(seed);
      simulator_->calls_at_once(std::max(std::uint64_t{200'000}, count(50'000'000)));  // heavy tests never wait
    } else {
      if (name == "old-ring") old_ring_.emplace(seed == 1 ? Kernel::before_6_17 : Kernel::before_6_1);
      time_.emplace();
    }
    if (Interruptions::wanted()) interruptions_.emplace();
  }
  void advance(strata::Duration by) { simulator_ ? simulator_->advance(by) : time_->advance(by); }
  std::string demultiplexer() const { return completes() ? "io_uring" : simulator_ ? "auto" : name_; }
  /// Connections are served by a ring's completions.
  bool completes() const { return name_ == "completions" || name_ == "old-ring" || name_ == "sim-ring"; }
  bool is(std::string_view name) const { return name_ == name; }
  strata::sim::Simulator* simulator() { return simulator_ ? &*simulator_ : nullptr; }

 private:
  std::string name_;
  std::optional<strata::sim::Simulator> simulator_;
  std::optional<Old_Ring> old_ring_;
  std::optional<Virtual_Time> time_;
  std::optional<Interruptions> interruptions_;  // over these
};

}  // namespace strata_test
