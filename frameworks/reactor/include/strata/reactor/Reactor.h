// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>

#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/reactor/Event_Handler.h>
#include <strata/reactor/Handler_Ref.h>
#include <strata/reactor/Run_Context.h>
#include <strata/timers/Callback.h>
#include <strata/timers/Timer.h>
#include <strata/timers/Timer_Queue.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

namespace os {
class Shared_Library;
}

class Completion_Handler;
class Reactor_Core;
class Registration;
struct Reactor_Metrics;
struct Reactor_Options;

/// Why a handler gets no I/O; a set. I/O goes on when all are gone.
enum class Suspension : std::uint8_t { user = 1, high_water = 2, rate = 4, offload = 8, drain = 16, admin = 32 };

/// Whether a descriptor may have duplicates (dup, passed, inherited). One without needs no system call to deregister.
enum class Descriptor : std::uint8_t { shared, exclusive };

/// With what a handler's upcalls are ordered, in a pool. Its own: of two handlers they may run at once. The reactor's:
/// one strand with its callbacks, so that they may share state with these and with each other.
enum class Strand_Of : std::uint8_t { handler, reactor };

struct Adopt_Options {
  Descriptor descriptor = Descriptor::shared;
  std::uint32_t group = 0;  ///< a tag for `for_each`; 0 = none
  Strand_Of strand = Strand_Of::handler;
  bool held = false;  ///< no upcall before `begin`, which must follow
  bool when_wanted = false;  ///< while it wants nothing it is not waited for: errors are not told then
  bool by_operations = false;  ///< its I/O is done by these: the demultiplexer is told nothing of its handle
  bool wake_one = false;  ///< other reactors wait for the same: an event need not wake them all (EPOLLEXCLUSIVE)
};

/// Waits for events of many handles and dispatches each to its handler's hook (POSA2, Reactor).
///
/// A turn is: posted calls, due timers, I/O (input before output on one handle), flush of what `flush_later` asked for,
/// then `handle_close` and destruction of the closed. What a post posts runs in the next turn. A handler gets at most
/// one I/O event and one flush a turn.
///
/// With Reactor_Options::dispatch a pool of threads runs the upcalls. Those of one handler never overlap and keep their
/// order, whichever threads run them; of two handlers they may run at once. Watched handlers, callbacks of `schedule`
/// and of `post` without a handler are one strand. Turns are a property of one thread.
///
/// Owned by the user; destroying it closes all handlers with errc::stopping. @threads home, but for `post` and `stop`:
/// home is the inside of `run`, outside of it the owner's thread. In a pool a handler's own functions are for its own
/// upcalls; the functions here take effect on another at the end of what it does now.
class Reactor {
 public:
  using Hook = Result<> (*)(Event_Handler&, void*);

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
  /// exceptions close it. Where one of it runs in another thread, after that. Errors: identifier_removed,
  /// not_enough_memory.
  Result<> invoke(Handler_Ref ref, Hook hook);
  /// The first upcall of a handler that was adopted `held`, now; others may follow it. `ready` is what `ready()` says
  /// meanwhile. Errors: identifier_removed (closed since).
  Result<> begin(Handler_Ref ref, Hook hook, void* argument = nullptr, std::uint8_t ready = 0);
  /// The handler, or null when stale.
  Event_Handler* find(Handler_Ref ref) noexcept;
  std::uint32_t new_group() noexcept;  ///< a tag that no handler has
  /// Calls `visit(context, ref, handler)` for each handler of the group; it may close any.
  void for_each(std::uint32_t group, void (*visit)(void*, Handler_Ref, Event_Handler&), void* context);

  /// Calls back after `after` from the start of the upcall that asks, in ticks of 1 ms rounded up; with `interval` > 0
  /// again and again, without drift. Destroying the token cancels. An inactive token: no memory.
  [[nodiscard]] Timer schedule(Duration after, Callback callback, Duration interval = {});
  /// As an upcall of the handler, through its handle_post; never after its close.
  [[nodiscard]] Timer schedule(Handler_Ref ref, Duration after, Callback callback, Duration interval = {});
  /// The same through its handle_timeout.
  [[nodiscard]] Timer schedule(Handler_Ref ref, Duration after, Duration interval = {});
  /// The queue itself, of which an expiry function is one that `invoke`s. Nodes that live in a handler are filed by
  /// these, in its upcalls: `kind` tells the function (Timer_Queue). `refile` and `unfile` do nothing with others.
  Timer_Queue& timers() noexcept { return *timers_; }
  Result<> file(Timer_Node& node, Tick deadline, unsigned kind) noexcept;
  void refile(Timer_Node& node, Tick deadline) noexcept {
    if (pooled_) return refile_shared(node, deadline);
    if (node.filed()) timers_->refresh(node, deadline);
  }
  void unfile(Timer_Node& node) noexcept;
  bool filed(const Timer_Node& node) const noexcept;

  /// Runs the callback in the loop. FIFO per producer; never blocks. @threads any
  /// Errors: no_buffer_space (post_capacity), errc::stopping (stopped, and not run again yet), not_enough_memory.
  Result<> post(Callback callback);
  /// The same for what must arrive, as the end of a service: it finds room behind any flood of others; one to a stopped
  /// reactor waits for its next run. For what is bounded by itself. @threads any
  /// Errors: no_buffer_space (4,096 of these wait), errc::stopping (ended), not_enough_memory.
  Result<> post_reserved(Callback callback);
  Result<> post_reserved(Handler_Ref ref, Callback callback);
  /// The same for a thread that may sleep, as one that has worked for a handler: waits while there is no room, or no
  /// memory for it, and leaves half of that reserve to who cannot wait. Who joins the thread while nobody runs the
  /// reactor calls `stop` before, who destroys it `end`. @threads any, outside of `run`
  /// Errors: errc::stopping (ended; stopped, and there is no room), resource_deadlock_would_occur (inside of `run`),
  /// identifier_removed (no handler's reference), not_enough_memory (the callback is empty).
  Result<> post_when_room(Handler_Ref ref, Callback callback);
  /// For a handler, at its home; dropped when it is stale by then. Errors: also identifier_removed.
  Result<> post(Handler_Ref ref, Callback callback);

  /// Operations, where the demultiplexer has a completion port (Completion_Port.h); it is null where not. They are
  /// handed over at the end of the turn. Buffers that were lent may be given back by any upcall.
  os::Completion_Port* completion_port() const noexcept;
  void submit(Completion_Handler& operation) noexcept;
  void cancel(Completion_Handler& operation) noexcept;
  void give_back(std::uint16_t buffer) noexcept;
  /// Tells now of the completions of one that it has come to, and nobody was told of yet. Not in a pool.
  void tell_now(Completion_Handler& operation) noexcept;
  /// Cancels all operations, and tells of their last completions. Outside of `run`, for the thread that has run it: of
  /// a ring, another can only abandon them. `end` does it, too.
  void end_operations() noexcept;

  /// Room for a handler that outlives its handle_release, as the kernel or another thread uses it still.
  struct Returned {
    std::unique_ptr<Event_Handler> handler;
    Returned *next = nullptr, *before = nullptr;
  };
  /// In handle_release: `self` lives until it is given back; `uses_of` sees it. @threads any
  void keep(Returned& room, std::unique_ptr<Event_Handler> self) noexcept;
  /// One that was kept, to be freed at home. Where the reactor has ended, somebody is to `end` it again. @threads any
  void give_back(std::unique_ptr<Returned> returned) noexcept;

  /// Starts a pool's threads before the first run would, for who wants to know whether they can be; they wait for it.
  /// Outside of `run`. Errors: resource_unavailable_try_again, not_enough_memory, invalid_argument (a core).
  Result<> start_threads();
  /// Until `stop()`; may be run again. Errors of all: resource_deadlock_would_occur (inside an upcall), the
  /// mechanism's.
  Result<> run();
  Result<> run_one();                ///< one turn, which waits for an event
  Result<> poll();                   ///< one turn, which does not wait
  Result<> run_for(Duration time);   ///< turns for `time`, or until `stop()`
  /// Closes all handlers with `reason`, cancels what was scheduled and drops what was posted; from here on it takes
  /// nothing (errc::stopping). For one that serves no more, as its mechanism has failed, while others still refer to
  /// it. Outside of `run`; ends the threads of a pool. Again, it frees what was given back since.
  void end(std::error_code reason) noexcept;
  bool ended() const noexcept;  ///< @threads any
  /// Ends the run after the turn under way; outside of a run, the next one at once. @threads any
  void stop() noexcept;

  /// The time of the upcall that runs, read once and only when asked for: at or after its start.
  Time_Point now() noexcept {
    const Run_Context* mine = context();
    return mine != nullptr && mine->now_known ? mine->now : refresh_now();
  }
  /// Reads the clock anew, for an upcall that takes long.
  Time_Point refresh_now() noexcept;

  /// Readiness bits (os::Ready) of the event that runs; in handle_input and handle_output, where 0 says: a flush.
  std::uint8_t ready() const noexcept {
    const Run_Context* mine = context();
    return mine == nullptr ? std::uint8_t{0} : mine->ready;
  }
  /// What the thread that asks lends to the upcalls that it runs; null outside of `run`.
  Run_Context* context() const noexcept { return pooled_ ? pool_context() : context_; }
  bool at_home() const noexcept;     ///< the caller may use what is marked home
  bool runs_here() const noexcept;   ///< the caller stands inside of `run`. @threads any
  /// The caller may use what is marked home of that handler: in a pool, in its upcalls alone; of one of the reactor's
  /// strand, anywhere in that.
  bool at_home(Handler_Ref ref) const noexcept { return pooled_ ? in_upcall_of(ref) : at_home(); }
  /// The caller stands in the reactor's own strand: a watched handler, a callback; or it is the owner outside of `run`.
  bool on_strand() const noexcept { return pooled_ ? in_upcall_of(0) : at_home(); }
  bool pooled() const noexcept { return pooled_; }  ///< threads share it: Reactor_Options::dispatch is not `single`
  std::size_t size() const noexcept; ///< handlers registered, the reactor's own not counted
  const char* demultiplexer() const noexcept;  ///< the name of that which was opened

  Reactor_Metrics& metrics() const noexcept;              ///< what it counts since `open`. @threads any
  std::uint64_t upcalls() const noexcept;                  ///< begun since `open`. @threads any
  std::size_t posts_waiting() const noexcept;              ///< up to 64 of them may have run. @threads any
  std::size_t upcalls_waiting() const noexcept;            ///< handlers of a pool that wait for a thread. @threads any
  /// Of each thread that runs its upcalls, whether it does now or not. @threads any
  std::span<Run_Context* const> contexts() const noexcept;

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
  void refile_shared(Timer_Node& node, Tick deadline) noexcept;
  Run_Context* pool_context() const noexcept;
  bool in_upcall_of(std::uint64_t token) const noexcept;
  bool in_upcall_of(Handler_Ref ref) const noexcept;

  // Copies from the core, for what every message asks.
  Run_Context* context_ = nullptr;
  Timer_Queue* timers_;
  bool pooled_;
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
