// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <strata/os/Operations.h>
#include <strata/os/Thread.h>

#include "Agenda.h"
#include "Virtual_Thread.h"

namespace strata::inline v1::sim {

struct World;
class Simulated_Demultiplexer;

/// The threads of a simulated process. Real ones, of which the one that holds the baton runs, so that thread_local and
/// the sanitizers mean what they say. Where it blocks, and by chance at each call through the seam, the seed chooses
/// who goes on. The clock moves when nobody can.
///
/// Invariants: whoever runs `choose` holds the baton; events of the agenda run inside of it and must not block.
class Threads {
 public:
  explicit Threads(World& world);
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  void end();  ///< of the world: nobody but its maker may be left

  bool several() const noexcept { return threads_.size() > 1; }
  bool abandoned() const noexcept { return abandoned_; }
  std::uint64_t running_id() const noexcept { return running_->id; }
  void switch_rate(double rate) noexcept { rate_ = rate; }

  // What the seam's entries do
  os::Raw start(const os::Thread_Start& start);
  os::Raw join(std::uint64_t id);
  os::Raw park(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Duration timeout);
  os::Raw unpark(const std::atomic<std::uint32_t>& word, unsigned most);

  /// Another thread may go on here, though this one could.
  void may_switch();
  void pass_on();  ///< whoever can goes on, this one among them
  /// Until something of `set` is ready, or the clock at `limit`. False: it never will be.
  bool wait(Simulated_Demultiplexer& set, Time_Point limit);
  void sleep_until(Time_Point when);
  /// Does it in a thread of its own, outside of the process: what comes from there may block and be interrupted.
  void outside(Agenda::Event event);
  /// Runs `body` in a thread while the caller waits outside. False: the threads were given up and sleep for ever.
  bool run(std::move_only_function<void()> body);
  /// Nobody can go on, or somebody never stops: whoever waits for events is told; else the run is over.
  void give_up(const std::string& why);
  void diagnose(const std::string& why);  ///< says it once

 private:
  using Thread = Virtual_Thread;

  Thread& add(std::string name);
  Thread* find(std::uint64_t id) noexcept;
  Thread& running() noexcept { return *running_; }
  void launch(Thread& thread, std::move_only_function<void()> body);
  void live(Thread& thread, std::move_only_function<void()>& body);
  void block(Thread::State state, Time_Point limit = Time_Point::max());
  void hand_to(Thread& next);
  void leave(Thread& thread);
  Thread& choose();
  bool can_go(const Thread& thread) const;
  bool advance();
  std::string describe() const;
  std::string describe(const Thread& thread) const;
  [[noreturn]] void die() const;
  std::uint64_t number_of(const void* word);
  void be_outside();

  World& world_;
  std::vector<std::unique_ptr<Thread>> threads_;  // the first is the one that has made the world
  Thread* running_ = nullptr;
  std::vector<Thread*> candidates_;
  std::deque<Agenda::Event> events_;  // for the thread outside
  Thread* outside_ = nullptr;
  std::uint64_t ids_ = 0, words_ = 0;
  double rate_ = -1;  // < 0: not drawn yet
  int overtime_ = 0;
  std::optional<os::One_Processor> together_;  // one runs at a time
  bool deciding_ = false, ending_ = false, abandoned_ = false;
};

}  // namespace strata::inline v1::sim
