// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <strata/logging/Log_Limit.h>
#include <strata/logging/Logger.h>
#include <strata/os/Completion_Port.h>
#include <strata/os/Demultiplexer.h>
#include <strata/os/Monitor.h>
#include <strata/os/Waker.h>
#include <strata/reactor/Post_Queue.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Metrics.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/reactor/Run_Context.h>
#include <strata/timers/Callback_Timers.h>
#include <strata/timers/Timer_Queue.h>

#include "Handler_Table.h"
#include "Sleep_Alarm.h"
#include "Spin.h"
#include "Upcall_Site.h"

namespace strata {
inline namespace v1 {

class Upcall_Pool;

/// The parts of a Reactor and its turn. The face hands each call through.
class Reactor_Core {
 public:
  static constexpr std::size_t batch = 256;             ///< events fetched by one wait
  static constexpr std::uint64_t waker_token = 0;       ///< no handler's: generations begin at 1
  static constexpr std::uint64_t alarm_token = 1;       ///< nor this
  static constexpr std::uint64_t nobody_token = ~std::uint64_t{0};
  static constexpr unsigned callback_timer_kind = 0;

  static Result<std::unique_ptr<Reactor_Core>> open(const Reactor_Options& options);
  ~Reactor_Core();

  Result<std::uint64_t> add(Event_Handler& handler, Event_Mask interest, std::uint8_t flags, std::uint32_t group,
                            bool held = false);
  void remove(std::uint64_t token) noexcept;  ///< without handle_close
  Result<> close(std::uint64_t token, std::error_code reason);
  /// Lets `edit` change what the handler wants, and tells the demultiplexer.
  template <class Edit>
  Result<> change(std::uint64_t token, Edit edit) {
    assert(at_home());
    const Locked locked{*this};
    Handler_Slot* slot = table.find(token);
    if (slot == nullptr) return fail(std::errc::identifier_removed);
    edit(*slot);
    if (pool == nullptr) return apply(*slot, token);
    return apply_shared(token);
  }
  Result<> flush_later(std::uint64_t token);
  Result<> invoke(std::uint64_t token, Reactor::Hook hook);
  Result<> begin(std::uint64_t token, Reactor::Hook hook, void* argument, std::uint8_t ready_set);
  Result<> post(std::uint64_t token, Callback&& callback, Post_Queue::Room room = Post_Queue::Room::shared);
  Timer schedule(Duration after, Callback callback, Duration interval, std::uint64_t owner = 0);
  Timer schedule_timeout(std::uint64_t token, Duration after, Duration interval);

  /// Holds what guards a pool's reactor, unless the thread does already; nothing where there is no pool.
  class Locked {
   public:
    explicit Locked(const Reactor_Core& core) noexcept
        : core_(core.pool != nullptr && core.hold(true) ? &core : nullptr) {}
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
    ~Locked() {
      if (core_ != nullptr) core_->hold(false);
    }
    bool first() const noexcept { return core_ != nullptr; }  ///< the thread did not have it before

   private:
    const Reactor_Core* core_;
  };

  void keep(Reactor::Returned& room, std::unique_ptr<Event_Handler> self) noexcept;
  void give_back(std::unique_ptr<Reactor::Returned> returned) noexcept;
  bool has_returned() const noexcept { return returned_.load(std::memory_order_relaxed) != nullptr; }
  void free_returned() noexcept;
  /// After its handle_close.
  static void release(Event_Handler* handler) noexcept {
    handler->handle_release(std::unique_ptr<Event_Handler>{handler});
  }

  Result<> run(Run_Until until, Duration time);
  void stop() noexcept;
  void end(std::error_code reason) noexcept;
  bool ended() const noexcept { return ended_.load(); }

  void complete(const os::Ready& event) noexcept;  ///< tells whose operation it was
  void tell_now(os::Submission& operation) noexcept;
  /// In a pool another thread may be waiting, which is to hand over what was submitted since.
  void operations_changed() noexcept;
  void end_operations() noexcept;

  static std::uint32_t new_group() noexcept;  ///< of the process: a service's is the same in all its reactors

  Reactor::Uses uses_of(const os::Shared_Library& binary) const;

  Time_Point now() noexcept { return face->now(); }
  Time_Point refresh_now() noexcept {
    Run_Context& mine = active();
    mine.now_known = running_.load(std::memory_order_relaxed);
    return mine.now = Clock::now();
  }
  /// What the calling thread runs upcalls with.
  Run_Context& active() noexcept { return here.core == this ? *here.context : *context; }
  bool running_here() const noexcept;  ///< the caller stands inside `run`
  bool at_home() const noexcept;

  Handler_Table table;
  std::unique_ptr<os::Demultiplexer> demultiplexer;
  os::Completion_Port* port = nullptr;  ///< the demultiplexer's, where it has one
  std::unique_ptr<Timer_Queue> queue;
  std::optional<Callback_Timers> timers;
  std::unique_ptr<Run_Context> context;
  std::unique_ptr<Upcall_Pool> pool;  ///< null: one thread, or ended
  mutable Reactor_Metrics metrics;
  std::vector<Run_Context*> contexts;  ///< of each thread that runs upcalls
  Reactor* face = nullptr;

  struct Closing {
    Event_Handler* handler;
    std::uint64_t token;  ///< stale; tells one registration of a handler from its next
    std::error_code reason;
    bool owned;
    bool common;        ///< of the reactor's own strand
    bool busy = false;  ///< in a pool: an upcall of it runs, and its end ends it
  };

  // For the pool, which does with them what `turn` does.
  std::vector<Closing>& closing() noexcept { return closing_; }
  Post_Queue& posts() noexcept { return *posts_; }
  std::span<os::Ready> events() noexcept { return events_; }
  bool stop_asked() const noexcept { return stop_.load(std::memory_order_acquire); }
  bool more_to_finish() noexcept { return stop_asked() && posts_->head() != posts_->mark(); }
  void wake() noexcept { waker_.wake(); }
  void timer_filed(Tick deadline) noexcept;  ///< in a pool, with what guards it held
  static void yield() noexcept;
  Duration time_to_wait(Duration most);
  bool own_event(const os::Ready& event) noexcept;  ///< the waker's or the alarm's: done
  void quiet_event(Handler_Slot& slot, const os::Ready& event) noexcept;
  void expire_timers() noexcept;
  void put_back(std::uint64_t token) noexcept;
  void run_post(std::uint64_t token, Event_Handler* handler, Callback& callback) noexcept;
  void run_hook(std::uint64_t token, Event_Handler& handler, Reactor::Hook hook, void* argument,
                std::uint8_t ready) noexcept;
  void run_upcall(std::uint64_t token, Event_Handler& handler, Result<> (*hook)(Event_Handler&)) noexcept;

 private:
  class Running;

  std::unique_ptr<Upcall_Pool> former_pool_;  ///< who looks on still sees its contexts
  explicit Reactor_Core(os::Waker waker);
  Result<> apply(Handler_Slot& slot, std::uint64_t token);
  Result<> put_in(const Handler_Slot& slot, Event_Mask interest, std::uint64_t token);
  Result<> turn(Duration max_wait);
  Result<> run_pool(Run_Until until, Duration time);
  Result<> run_here(Run_Until until, Duration time);
  Duration wait_time(Duration max_wait);
  Result<> apply_shared(std::uint64_t token);
  bool hold(bool take) const noexcept;  ///< for Callback_Timers, and Locked
  void run_timer(Callback_Timers::Due due, Callback& callback) noexcept;
  Result<std::size_t> wait(Duration timeout);
  void run_posts() noexcept;
  void dispatch(const os::Ready& event) noexcept;
  void flush() noexcept;
  void destroy_closed() noexcept;
  void finish() noexcept;
  Result<> begin_here(std::uint64_t token, Reactor::Hook hook, void* argument, std::uint8_t ready);
  void run_callback(Callback& callback) noexcept;
  template <class Hook>
  void upcall(std::uint64_t token, Event_Handler& handler, Hook hook) noexcept;
  template <class Whose, class Call>
  bool guarded(const Whose& whose, Call call) noexcept;
  template <class Whose>
  void threw(const Whose& whose, std::string_view what) noexcept;
  void abandon_operations() noexcept;
  void deregister(Handler_Slot& slot) noexcept;
  void reserve_closing();

  os::Waker waker_;
  bool waker_edge_ = false;
  Sleep_Alarm alarm_;
  std::unique_ptr<Post_Queue> posts_;
  Spin spin_;
  Logger log_;
  Log_Limit exceptions_log_;
  std::array<os::Ready, batch> events_{};
  std::size_t told_ = 0, fetched_ = 0;  ///< of these in this turn
  std::vector<Closing> closing_, closed_;
  std::vector<std::uint64_t> flush_, flushing_;
  std::size_t room_ = 0;  ///< capacity of each of these lists
  mutable os::Monitor kept_monitor_;
  Reactor::Returned* kept_ = nullptr;  ///< not given back yet: the last
  std::atomic<Reactor::Returned*> returned_{nullptr};
  std::atomic<unsigned> freeing_{0};  ///< threads that free these
  std::atomic<bool> ended_{false};
  std::atomic<bool> running_{false};
  std::atomic<bool> stop_{false};
};

}  // namespace v1
}  // namespace strata
