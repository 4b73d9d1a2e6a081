// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <strata/os/Operations.h>
#include <strata/os/Result.h>
#include <strata/os/Signal_Source.h>
#include <strata/os/Socket_Address.h>
#include <strata/sim/Faults.h>
#include <strata/sim/Trace.h>

namespace strata::inline v1::sim {

struct World;

/// A world in memory behind the seam: one seed, a virtual clock. While it lives, every `os::` call acts on sockets,
/// pipes, counters and signals that exist only here. Whatever happens is a function of the seed and of what the code
/// under test does. Datagrams and child processes are refused; files are the real ones; `resolve` knows literals and
/// "localhost".
///
/// The demultiplexer "io_uring" is a ring with a Completion_Port; any other name gives the one of readiness. Operations
/// of the ring meet the same faults as calls. The seed says in which order they come to something, what is told a wait
/// later, how many buffers it lends, how long they are, and how soon a receive into them is made anew.
///
/// Threads of `os::spawn` take turns: one runs, and the seed says who goes on where it parks, waits or joins, and now
/// and then at a call through the seam. What does not go through the seam (std::mutex, std::thread, a busy loop) it
/// does not see: it must not block. When all wait, the clock moves. When nothing can ever wake them, those that wait
/// for events get resource_deadlock_would_occur and `diagnosis()` says who waits for what: a run ends, it never hangs.
/// If none of them waits for events, `run` ends; where nobody is in `run`, the process aborts with the diagnosis.
/// One at a time, unless nested in scope. @threads any of this world; who made it, ends it
class Simulator {
 public:
  explicit Simulator(std::uint64_t seed, const Faults& = {});
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  /// Runs `body` as a thread of this world, and returns when it has ended; what it throws, this throws. Error:
  /// resource_deadlock_would_occur, see `diagnosis`. Then the world's threads sleep for ever, with all that they own.
  Result<> run(std::move_only_function<void()> body);
  /// Another thread may go on here; for what shares memory without the seam.
  void may_switch();
  /// How likely a call through the seam lets another thread go on: 0 to 1. Else the seed draws it, from 0.01 to 0.5.
  void switch_rate(double rate) noexcept;

  Time_Point now() const noexcept;
  /// `event` happens outside of the code under test, when the clock comes there; beside threads in one of its own.
  void after(Duration, std::move_only_function<void()> event);
  void advance(Duration);                       ///< moves the clock by hand; beside threads: sleeps
  void end_after(Duration) noexcept;            ///< a loop that still waits then is given up; ten years by default
  void calls_at_once(std::uint64_t most) noexcept;  ///< more while the clock stands: it spins; 200,000 by default
  /// For so long nothing gets from one of two hosts to the other, told by their addresses without the port: it arrives
  /// after, as TCP sends again. A connect that finds no way in two minutes times out.
  void part(const os::Socket_Address& one, const os::Socket_Address& other, Duration);
  void raise(os::Signal) noexcept;              ///< delivered to signal sources that have it
  Random& random() noexcept;                    ///< the seed's own numbers
  Faults& faults() noexcept;                    ///< may be changed while it runs
  Trace& trace() noexcept;
  std::size_t open_descriptors() const noexcept;
  void limit_descriptors(std::size_t most) noexcept;  ///< 1,024 by default
  void buffer_size(std::size_t bytes) noexcept;  ///< of new sockets, in each direction; 64 KiB by default
  void lent_size(std::size_t bytes) noexcept;    ///< of the buffers of rings to come, in place of what the seed says
  const std::string& diagnosis() const noexcept;      ///< empty, or why a wait was given up

 private:
  friend class Client;
  std::unique_ptr<World> world_;
  World* previous_;
  os::Operations_Scope scope_;
};

}  // namespace strata::inline v1::sim
