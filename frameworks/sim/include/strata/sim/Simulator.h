// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <strata/os/Operations.h>
#include <strata/os/Signal_Source.h>
#include <strata/sim/Faults.h>
#include <strata/sim/Trace.h>

namespace strata::inline v1::sim {

struct World;

/// A world in memory behind the seam: one thread, one seed, a virtual clock. While it lives, every `os::` call acts on
/// sockets, counters and signals that exist only here, and a loop that waits moves the clock. Whatever happens is a
/// function of the seed and of what the code under test does. Datagrams and threads are refused; files are the real
/// ones; `resolve` knows literals and "localhost". A loop that can never be woken gets resource_deadlock_would_occur
/// from its wait, and `diagnosis()` says why: a run ends, it never hangs.
/// One at a time, unless nested in scope. @threads loop
class Simulator {
 public:
  explicit Simulator(std::uint64_t seed, const Faults& = {});
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  Time_Point now() const noexcept;
  /// `event` happens outside of the code under test, when a wait moves the clock there.
  void after(Duration, std::move_only_function<void()> event);
  void advance(Duration);                       ///< moves the clock by hand
  void end_after(Duration) noexcept;            ///< a loop that still waits then is given up; ten years by default
  void calls_at_once(std::uint64_t most) noexcept;  ///< more while the clock stands: it spins; 200,000 by default
  void raise(os::Signal) noexcept;              ///< delivered to signal sources that have it
  Random& random() noexcept;                    ///< the seed's own numbers
  Faults& faults() noexcept;                    ///< may be changed while it runs
  Trace& trace() noexcept;
  std::size_t open_descriptors() const noexcept;
  void limit_descriptors(std::size_t most) noexcept;  ///< 1,024 by default
  void buffer_size(std::size_t bytes) noexcept;  ///< of new sockets, in each direction; 64 KiB by default
  const std::string& diagnosis() const noexcept;      ///< empty, or why a wait was given up

 private:
  friend class Client;
  std::unique_ptr<World> world_;
  World* previous_;
  os::Operations_Scope scope_;
};

}  // namespace strata::inline v1::sim
