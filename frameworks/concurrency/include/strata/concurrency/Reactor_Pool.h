// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include <strata/os/Export.h>
#include <strata/os/Monitor.h>
#include <strata/os/Result.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Sub-reactors beside a main one, each run by a thread of its own: the main one accepts, these serve. They share
/// nothing, so that each is as fast as one alone. Owned by who owns the main reactor, and destroyed before it; what is
/// registered in the sub-reactors must outlive this or be theirs. @threads home of the main reactor
class Reactor_Pool {
 public:
  using On_Failure = std::function<void(Reactor&, std::error_code)>;

  /// `each`: of every sub-reactor; thread i is named NAME/i and stays on cores[(i - 1) % cores.size()]. Errors: those
  /// of Reactor::open, invalid_argument for none.
  static Result<std::unique_ptr<Reactor_Pool>> open(Reactor& main, unsigned count, const Reactor_Options& each = {});
  Reactor_Pool(const Reactor_Pool&) = delete;
  Reactor_Pool& operator=(const Reactor_Pool&) = delete;
  ~Reactor_Pool();  ///< stops; then what is left in the sub-reactors is closed with errc::stopping

  /// Starts the threads, and returns when all run; on an error none is left. Errors: those of os::spawn.
  Result<> start();
  /// Ends the runs and joins; posts that were accepted run before. Idempotent. Blocks: not in an upcall.
  void stop() noexcept;
  /// Called in an upcall of the main reactor when the run of a sub-reactor has failed: it serves no more and has no
  /// thread. Whoever is told may `end` it.
  void when_failed(On_Failure callback) { failed_ = std::move(callback); }

  std::span<Reactor* const> serving() const noexcept { return serving_; }  ///< @threads any
  Reactor& main() const noexcept { return main_; }                         ///< @threads any

 private:
  explicit Reactor_Pool(Reactor& main) noexcept : main_(main) {}
  void run(Reactor& one, std::size_t index);
  void has_begun(std::size_t index) noexcept;

  Reactor& main_;
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<Reactor*> serving_;
  std::vector<os::Thread> threads_;
  std::string name_;
  std::vector<int> cores_;
  os::Monitor monitor_;
  os::Condition changed_;
  std::vector<bool> begun_;  ///< whose run has begun, of each
  On_Failure failed_;
};

}  // namespace v1
}  // namespace strata
