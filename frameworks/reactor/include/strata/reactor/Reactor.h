// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/reactor/Handler_Ref.h>
#include <strata/reactor/Run_Context.h>
#include <strata/timers/Callback.h>
#include <strata/timers/Timer.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

namespace os {
class Shared_Library;
}

class Reactor_Core;
class Registration;
class Timer_Queue;
struct Reactor_Options;

/// Why a handler gets no I/O; a set. I/O goes on when all are gone.
enum class Suspension : std::uint8_t { user = 1, high_water = 2, rate = 4, offload = 8, drain = 16, admin = 32 };

/// Whether a descriptor may have duplicates (dup, passed, inherited). One without needs no system call to deregister.
enum class Descriptor : std::uint8_t { shared, exclusive };

struct Adopt_Options {
  Descriptor descriptor = Descriptor::shared;
  std::uint32_t group = 0;  ///< a tag for `for_each`; 0 = none
};

/// Waits for events of many handles and dispatches each to its handler's hook (POSA2, Reactor).
///
/// A turn is: posted calls, due timers, I/O (input before output on one handle), flush of what `flush_later` asked for,
/// then `handle_close` and destruction of the closed. What a post posts runs in the next turn. A handler gets at most
/// one I/O event and one flush a turn.
///
/// Owned by the user; destroying it closes all handlers with errc::stopping. @threads home, but for `post` and `stop`:
/// home is the thread in `run`, outside of `run` the owner's.
class Reactor {
 public:
  /// Errors: those of os::open_demultiplexer, and of descriptors and memory.
  static Result<std::unique_ptr<Reactor>> open(const Reactor_Options& options);
  static Result<std::unique_ptr<Reactor>> open();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  /// Takes the handler; it is freed after its handle_close. On failure it is freed at once, without handle_close.
  /// Errors: file_exists (the handle has a handler), operation_not_permitted (a regular file), too_many_files_open
  /// (does not fit the mechanism), bad_file_descriptor, not_enough_memory.
  Result<Handler_Ref> adopt(std::unique_ptr<Event_Handler> handler, Event_Mask interest, Adopt_Options options = {});
  /// Borrows the handler until the token is destroyed; that deregisters without handle_close. Errors as `adopt`.
  Result<Registration> watch(Event_Handler& handler, Event_Mask interest);

  /// Errors of these: identifier_removed (stale), or the mechanism's, which close the handler.
  Result<> set_interest(Handler_Ref ref, Event_Mask interest);
  Result<> suspend(Handler_Ref ref, Suspension reason = Suspension::user);
  Result<> resume(Handler_Ref ref, Suspension reason = Suspension::user);
  /// No upcall follows but handle_close(reason), at the end of the turn.
  Result<> close(Handler_Ref ref, std::error_code reason);
  /// Calls handle_output in this turn's flush, once however often asked.
  Result<> flush_later(Handler_Ref ref);
  /// Runs `hook` as an upcall of that handler, now, inside the upcall of another: guarded like any, its errors and
  /// exceptions close it. `ready` is what `ready()` says meanwhile. Errors: identifier_removed.
  Result<> invoke(Handler_Ref ref, Result<> (*hook)(Event_Handler&, void*), void* argument = nullptr,
                  std::uint8_t ready = 0);
  /// The handler, or null when stale.
  Event_Handler* find(Handler_Ref ref) noexcept;
  std::uint32_t new_group() noexcept;  ///< a tag that no handler has
  /// Calls `visit(context, ref, handler)` for each handler of the group; it may close any.
  void for_each(std::uint32_t group, void (*visit)(void*, Handler_Ref, Event_Handler&), void* context);

  /// Calls back after `after` from the start of the upcall that asks, in ticks of 1 ms rounded up; with `interval` > 0
  /// again and again, without drift. Destroying the token cancels. An inactive token: no memory.
  [[nodiscard]] Timer schedule(Duration after, Callback callback, Duration interval = {});
  /// The same through the handler's handle_timeout; never after its close.
  [[nodiscard]] Timer schedule(Handler_Ref ref, Duration after, Duration interval = {});
  /// The queue itself, for nodes that live in a handler. `kind` tells the expiry function (Timer_Queue).
  Timer_Queue& timers() noexcept { return *timers_; }

  /// Runs the callback in the loop. FIFO per producer; never blocks. @threads any
  /// Errors: no_buffer_space (post_capacity), errc::stopping (stopped, and not run again yet), not_enough_memory.
  Result<> post(Callback callback);
  /// For a handler, at its home; dropped when it is stale by then. Errors: also identifier_removed.
  Result<> post(Handler_Ref ref, Callback callback);

  /// Until `stop()`; may be run again. Errors of all: resource_deadlock_would_occur (inside an upcall), the
  /// mechanism's.
  Result<> run();
  Result<> run_one();                ///< one turn, which waits for an event
  Result<> poll();                   ///< one turn, which does not wait
  Result<> run_for(Duration time);   ///< turns for `time`, or until `stop()`
  /// Ends the run after the turn under way; outside of a run, the next one at once. @threads any
  void stop() noexcept;

  /// The time of the upcall that runs, read once and only when asked for: at or after its start.
  Time_Point now() noexcept {
    return context_ != nullptr && context_->now_known ? context_->now : refresh_now();
  }
  /// Reads the clock anew, for an upcall that takes long.
  Time_Point refresh_now() noexcept;

  /// Readiness bits (os::Ready) of the event that runs; in handle_input and handle_output.
  std::uint8_t ready() const noexcept { return context_ == nullptr ? std::uint8_t{0} : context_->ready; }
  /// What the thread in `run` lends to the upcalls; null outside of it.
  Run_Context* context() noexcept { return context_; }
  bool at_home() const noexcept;     ///< the caller may use what is marked home
  std::size_t size() const noexcept; ///< handlers registered, the reactor's own not counted
  const char* demultiplexer() const noexcept;

  /// Counts of unusual events since `open`.
  struct Counts {
    std::uint64_t turns = 0;       ///< waits that returned
    std::uint64_t stale = 0;       ///< events of handlers already closed, filtered by generation
    std::uint64_t exceptions = 0;  ///< hooks and callbacks that threw
    std::uint64_t wakeups = 0;     ///< sleeps ended by a post or stop
  };
  const Counts& counts() const noexcept;

  /// What would run code of one binary, or free an object of one of its classes.
  struct Uses {
    std::size_t handlers = 0;
    std::size_t timers = 0;  ///< with a callback
    std::size_t posts = 0;
  };
  /// Looks at all that there is: for who unloads a binary, never on a message's path.
  Uses uses_of(const os::Shared_Library& binary) const;

 private:
  friend class Registration;
  friend class Reactor_Core;
  explicit Reactor(std::unique_ptr<Reactor_Core> core) noexcept;

  // Copies from the core, for what every message asks.
  Run_Context* context_ = nullptr;
  Timer_Queue* timers_;
  std::unique_ptr<Reactor_Core> core_;
};

/// A borrowed handler's registration. Destroying it deregisters, at home only, without handle_close; after the handler
/// was closed it does nothing. Must not outlive the reactor. Move-only.
class Registration {
 public:
  Registration() noexcept = default;
  explicit Registration(Handler_Ref ref) noexcept : ref_(ref) {}
  Registration(Registration&& other) noexcept;
  Registration& operator=(Registration&& other) noexcept;
  ~Registration() { reset(); }

  Handler_Ref ref() const noexcept { return ref_; }
  void reset() noexcept;

 private:
  Handler_Ref ref_;
};

}  // namespace v1
}  // namespace strata
