// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <strata/os/Clock.h>
#include <strata/os/Demultiplexer.h>
#include <strata/os/Monitor.h>
#include <strata/os/Thread.h>
#include <strata/reactor/Post_Queue.h>
#include <strata/reactor/Reactor.h>
#include <strata/reactor/Reactor_Options.h>
#include <strata/reactor/Run_Context.h>
#include <strata/timers/Callback_Timers.h>

#include "Actor.h"
#include "Handler_Table.h"
#include "Upcall_Site.h"

namespace strata {
inline namespace v1 {

class Reactor_Core;

/// The threads that run a reactor's upcalls where it has more than one, and what keeps those of one handler apart.
///
/// One monitor guards all of the reactor: table, timers, lists, this. It is held for tens of nanoseconds at a time and
/// never while user code runs. One thread at a time leads: it waits for events, and puts the handlers that they concern
/// into the run queue. Whoever takes one out is its only thread until the upcall is over. An event that finds its
/// handler busy or queued takes that out of the demultiplexer's set, so that a level-triggered one does not spin; the
/// end of the upcall puts it back.
///
/// Leader/followers: whoever finds nothing to run leads, and takes up what it found. It wakes another only when that is
/// worth the wake: for more than `worth_a_wake` of work, by what upcalls took lately. So that one that blocks holds up
/// nobody, one follower is the deputy: it looks every `watch_interval` whether somebody has led meanwhile, and takes
/// over. Worker pool: the thread in `run` leads and runs nothing; it leads again when a worker has nothing to do, or
/// after `patience`.
class Upcall_Pool {
 public:
  static constexpr Duration worth_a_wake = std::chrono::microseconds{50};
  static constexpr Duration watch_interval = std::chrono::microseconds{500};
  static constexpr Duration patience = std::chrono::microseconds{200};

  static Result<std::unique_ptr<Upcall_Pool>> open(Reactor_Core& core, const Reactor_Options& options);
  ~Upcall_Pool();

  // --- Any thread, the monitor not held ---
  void end() noexcept;  ///< outside of a run: its threads end, what waits is dropped. Idempotent
  Result<> start_helpers();  ///< those that do not run yet
  Result<> run(Run_Until until, Duration time);
  void enter() noexcept {  ///< takes the monitor
    assert(here.locked == nullptr);  // user code, which may use other pools, runs with none held
    monitor_.lock();
    here.locked = this;
  }
  void leave() noexcept {
    here.locked = nullptr;
    monitor_.unlock();
  }

  // --- Under the monitor ---
  void reach(std::uint32_t index, std::size_t handlers);  ///< room for that slot; std::bad_alloc
  void adopted(std::uint32_t index, bool held) noexcept;
  void close(std::uint32_t index) noexcept;  ///< the last that the core put into its list; its slot was retired
  void forget(std::uint32_t index) noexcept;  ///< one of the strand's is nobody's any more
  void ask_flush(std::uint32_t index) noexcept;
  Result<> send(std::uint64_t token, Callback&& callback, Post_Queue::Room room);  ///< a post, by a thread of this pool
  bool send_due(Callback_Timers::Due due) noexcept;
  bool takes_posts() const noexcept;  ///< or else they go through the queue
  /// After this the demultiplexer's set may be changed: nobody waits in one that cannot bear it.
  void open_set() noexcept;
  std::size_t waiting() const noexcept { return queue_.size(); }
  /// A timer was filed for then: a leader whose wait would end later looks again.
  void timer_filed(Tick deadline) noexcept {
    if (leading_ && deadline < waits_until_) hurry_leader(deadline);
  }
  bool leads() const noexcept { return leading_; }  ///< a thread waits for events, or is about to
  bool is_apart(std::uint32_t index) noexcept { return actors_[index].is(Actor::apart); }

  /// `may_run`: the caller has just taken the monitor, so that user code may run; else the hook becomes mail.
  Result<> invoke(std::uint64_t token, Reactor::Hook hook, bool may_run);
  Result<> begin(std::uint64_t token, Reactor::Hook hook, void* argument, std::uint8_t ready) noexcept;
  template <class Visitor>
  void for_each_mail(Visitor&& visit) {
    for (const Mail_List* list : {&common_.mail, &dropped_}) list->for_each(visit);
    for (const Worker& worker : workers_) worker.mail.for_each(visit);
    for (std::uint32_t i = 0; i < actors_.size(); ++i) actors_[i].mail.for_each(visit);
  }

 private:
  static constexpr std::uint32_t common_index = Handler_Table::none;  ///< in the run queue: the reactor's own strand
  struct Worker {
    std::unique_ptr<Run_Context> context;
    os::Thread thread;  ///< none for the first: it is the one in `run`
    Mail_List mail;     ///< what it has yet to run of the handler that it has
  };
  class At_Work;
  /// Lets the monitor go for a scope, for user code.
  class Free {
   public:
    explicit Free(Upcall_Pool& pool) noexcept : pool_(pool) {
      here.locked = nullptr;
      pool.monitor_.unlock();
    }
    Free(const Free&) = delete;
    Free& operator=(const Free&) = delete;
    ~Free() {
      pool_.monitor_.lock();
      here.locked = &pool_;
    }

   private:
    Upcall_Pool& pool_;
  };

  Upcall_Pool(Reactor_Core& core, const Reactor_Options& options) noexcept;

  // Threads (Upcall_Pool.cpp)
  void help(Worker& me) noexcept;
  void serve(Worker& me) noexcept;
  bool overdue() const noexcept;
  bool may_lead(const Worker& me) const noexcept;
  void lead() noexcept;
  void hurry_leader(Tick deadline) noexcept;
  Result<std::size_t> wait_for_events(Duration timeout) noexcept;
  void spread(std::size_t backlog) noexcept;
  void rest(Worker& me) noexcept;
  void rest_of_caller() noexcept;
  void watch() noexcept;
  void wake_one() noexcept;
  void end_run() noexcept;
  void note_stop() noexcept;
  bool calm() const noexcept;
  void tell_calm() noexcept {
    if (callers_.waiting() != 0 && calm()) callers_.notify_one();
  }
  bool caller(const Worker& me) const noexcept { return &me == &workers_.front(); }
  bool works(const Worker& me) const noexcept { return dispatch_ != Dispatch::worker_pool || !caller(me); }

  // What they run (Upcall_Actors.cpp)
  void collect(std::size_t events) noexcept;
  void collect_posts() noexcept;
  void deliver(const os::Ready& event) noexcept;
  void enqueue(std::uint32_t index, Actor& actor) noexcept;
  void enqueue_common() noexcept;
  bool run_next(Worker& me) noexcept;
  void run_handler(Worker& me, std::uint32_t index) noexcept;
  void run_mail(Mail_List& list) noexcept;
  void run_one_mail(Mail& mail) noexcept;
  void run_events(std::uint64_t token, std::uint8_t ready, bool flush) noexcept;
  void finish(std::uint32_t index, std::uint64_t token) noexcept;
  void run_common(Worker& me) noexcept;
  void run_common_handlers() noexcept;
  void close_common() noexcept;
  void set_apart(std::uint32_t index, const os::Ready& event) noexcept;
  void put_back(std::uint32_t index, std::uint64_t token) noexcept;
  bool close_next() noexcept;
  void free_returned() noexcept;
  template <class Such>
  bool end_first(Such such) noexcept;
  void await_strand(std::uint32_t index) noexcept;
  void drop(Mail& mail) noexcept;
  const void* code_of(const Mail& mail) const noexcept;
  bool address(Mail& mail) noexcept;

  Reactor_Core& core_;
  const Dispatch dispatch_;
  const std::string name_;
  const std::vector<int> cores_;
  const std::size_t most_mail_;
  std::vector<Worker> workers_;  ///< fixed once open

  os::Monitor monitor_;
  os::Condition followers_;  ///< who has nothing to do
  os::Condition deputys_;    ///< the deputy among them
  os::Condition callers_;    ///< the thread in `run`
  os::Condition begun_;      ///< helpers between runs
  os::Condition returned_, unchanged_;  ///< of a wait whose set is to be changed, and of the change

  Actor_Table actors_;
  Actor common_;                                  ///< of the reactor's own strand
  std::vector<std::uint64_t> common_ready_, common_running_;  ///< its handlers that something waits for
  std::vector<std::uint32_t> later_;              ///< flushes of the next turn
  Run_Queue queue_;
  Mail_Office office_;
  bool posts_stuck_ = false;  ///< some wait in the queue for want of room
  Mail_List dropped_;  ///< of handlers that were closed: captures die when the monitor is free

  // The run
  bool open_ = false;     ///< between the begin of a run and its end
  bool over_ = false;     ///< nobody leads any more: what is queued is run to its end
  bool ending_ = false;   ///< for ever
  Run_Until until_ = Run_Until::stop;
  int leads_left_ = 0;    ///< < 0: no limit
  Duration longest_wait_{};
  Time_Point end_{};
  std::error_code failure_;

  // Who does what
  bool leading_ = false;
  Tick waits_until_ = 0;  ///< of the lead: the next timer that it knows of
  unsigned changers_ = 0;  ///< threads that wait for the leader to return
  std::uint64_t leads_ = 0;
  std::uint64_t runs_ = 0;
  std::size_t busy_ = 0;  ///< actors whose upcall runs
  unsigned idle_ = 0;     ///< threads that rest and could work
  unsigned helping_ = 0;  ///< helpers inside this run
  bool deputy_ = false, deputy_deep_ = false, deputy_told_ = false;
  bool impatient_ = false;
  Time_Point collected_{};
  std::uint64_t runs_then_ = 0;
  Duration cost_ = std::chrono::microseconds{50};  ///< of an upcall, lately
};

}  // namespace v1
}  // namespace strata
