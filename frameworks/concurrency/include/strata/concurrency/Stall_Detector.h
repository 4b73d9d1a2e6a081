// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

class Reactor;

/// An upcall that does not return.
struct Stall {
  std::size_t reactor = 0;          ///< which of those that are watched
  std::string handler;              ///< its class; "a callback", or "?" where its thread did not answer
  Duration so_far{};                ///< at least
  std::vector<std::string> stack{}; ///< of its thread, innermost first
};

/// Looks from a thread of its own whether an upcall of some reactors holds up its thread, and says which: a handler
/// that blocks is named while it does. Costs those reactors nothing. Owned by who owns the reactors, and ends before
/// them. @threads the owner's
class Stall_Detector {
 public:
  using On_Stall = std::function<void(const Stall&)>;

  /// An upcall that has run for `limit` is told of, once, at most `limit` later. `told` is called in the detector's
  /// thread; by default a warning is logged. Also counted: Reactor_Metrics::stalls.
  Stall_Detector(std::span<Reactor* const> reactors, Duration limit, On_Stall told = {});
  Stall_Detector(const Stall_Detector&) = delete;
  Stall_Detector& operator=(const Stall_Detector&) = delete;
  ~Stall_Detector();  ///< stops

  Result<> start();  ///< errors: those of os::spawn
  void stop() noexcept;

  /// One look, as the thread does it every `limit`: for who has a clock of his own. Not beside a started thread.
  void look();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace v1
}  // namespace strata
