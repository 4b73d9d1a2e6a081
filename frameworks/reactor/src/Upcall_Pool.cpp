// SPDX-License-Identifier: Apache-2.0
// The threads of a pool: who leads, who works, who rests. Upcall_Actors.cpp has what they run.
#include "Upcall_Pool.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

#include <strata/os/Stack.h>

#include "Reactor_Core.h"

namespace strata {
inline namespace v1 {

namespace {

constexpr Duration a_moment = std::chrono::milliseconds{1};  // until posts that found no room are looked at again
constexpr std::uint64_t most_runs_a_lead = 512;
constexpr Duration longest_between_leads = std::chrono::milliseconds{2};  // by what upcalls took lately

}  // namespace

/// A thread inside a run, with the monitor held.
class Upcall_Pool::At_Work {
 public:
  At_Work(Upcall_Pool& pool, Worker& worker) noexcept : pool_(pool), outer_(here) {
    pool.monitor_.lock();
    here = {&pool.core_, worker.context.get(), 0, &pool};
    worker.context->thread.store(os::current_thread(), std::memory_order_relaxed);
  }
  At_Work(const At_Work&) = delete;
  At_Work& operator=(const At_Work&) = delete;
  ~At_Work() {
    here.context->now_known = false;
    here = outer_;
    pool_.monitor_.unlock();
  }

 private:
  Upcall_Pool& pool_;
  const Upcall_Site outer_;
};

Result<std::unique_ptr<Upcall_Pool>> Upcall_Pool::open(Reactor_Core& core, const Reactor_Options& options) try {
  std::unique_ptr<Upcall_Pool> pool{new Upcall_Pool{core, options}};
  const unsigned helpers = options.threads - (options.dispatch == Dispatch::leader_followers ? 1 : 0);
  pool->workers_.resize(1 + helpers);
  for (Worker& worker : pool->workers_) {
    worker.context = Run_Context::make();
    if (!worker.context) return fail(std::errc::not_enough_memory);
    core.contexts.push_back(worker.context.get());
  }
  pool->queue_.reserve(1);
  return pool;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Upcall_Pool::Upcall_Pool(Reactor_Core& core, const Reactor_Options& options) noexcept
    : core_(core),
      dispatch_(options.dispatch),
      name_(options.name),
      cores_(options.cores),
      most_mail_(options.post_capacity) {}

Upcall_Pool::~Upcall_Pool() { end(); }

void Upcall_Pool::end() noexcept {
  if (ending_) return;  // nobody else writes it
  {
    const std::lock_guard held{monitor_};
    ending_ = true;
    begun_.notify_all();
  }
  for (Worker& worker : workers_) worker.thread.join();
  enter();
  const auto drop_all = [this](Mail_List& list) {
    while (Mail* mail = list.pop()) drop(*mail);
  };
  drop_all(common_.mail);
  drop_all(dropped_);
  for (std::uint32_t i = 0; i < actors_.size(); ++i) drop_all(actors_[i].mail);
  leave();
}

Result<> Upcall_Pool::start_helpers() {
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    Worker& worker = workers_[i];
    if (worker.thread.joinable()) continue;
    Result<os::Thread> thread = os::spawn_one_of(name_, i, cores_, [this, &worker] { help(worker); });
    if (!thread) return fail(thread.error());
    worker.thread = std::move(*thread);
  }
  return {};
}

void Upcall_Pool::help(Worker& me) noexcept {
  const At_Work at_work{*this, me};
  while (!ending_) {
    if (!open_) {
      begun_.wait(monitor_);
      continue;
    }
    ++helping_;
    while (open_) serve(me);
    if (--helping_ == 0) callers_.notify_one();
  }
}

Result<> Upcall_Pool::run(Run_Until until, Duration time) {
  if (const Result<> started = start_helpers(); !started) return started;
  Worker& me = workers_.front();
  const At_Work at_work{*this, me};
  until_ = until;
  leads_left_ = until == Run_Until::turn ? 1 : -1;
  longest_wait_ = until == Run_Until::turn ? time : Duration{-1};
  if (until == Run_Until::time) end_ = due_time(Clock::now(), time);
  failure_ = {};
  over_ = impatient_ = false;
  open_ = true;
  begun_.notify_all();
  do {
    serve(me);
  } while (!over_ || !calm() || core_.more_to_finish());
  open_ = false;
  followers_.notify_all();
  while (helping_ != 0) callers_.wait(monitor_);
  if (failure_) return fail(failure_);
  return {};
}

/// All that was asked for has come to its end, but what a turn leaves to the next.
bool Upcall_Pool::calm() const noexcept {
  return queue_.empty() && busy_ == 0 && !leading_ && core_.closing().empty();
}

/// One thing: an upcall, a lead, or a rest.
void Upcall_Pool::serve(Worker& me) noexcept {
  note_stop();
  if (overdue() && may_lead(me)) return lead();
  if (works(me) && run_next(me)) return;
  if (over_ && caller(me) && calm() && core_.more_to_finish()) {
    if (Mail* mail = dropped_.pop()) return drop(*mail);  // they may be what leaves no room for the rest
    collect_posts();                                      // accepted before the stop: never lost
    if (queue_.empty()) core_.yield();                    // a producer stands between claim and fill
    spread(queue_.size());
  } else if (may_lead(me)) {
    lead();
  } else if (!over_ || !caller(me) || !calm()) {
    rest(me);
  }
}

/// Handlers that post to each other keep the queue full for ever: timers and other events must not wait for it.
bool Upcall_Pool::overdue() const noexcept {
  const std::uint64_t runs = runs_ - runs_then_;
  return dispatch_ == Dispatch::leader_followers && !queue_.empty() &&
         (runs >= most_runs_a_lead || cost_ * static_cast<std::int64_t>(runs) >= longest_between_leads);
}

/// Whether the run is to end, seen by whoever looks first.
void Upcall_Pool::note_stop() noexcept {
  if (over_) return;
  if (core_.stop_asked()) {
    core_.posts().close();  // a stop that came before the run has found it open again
    return end_run();
  }
  if (leads_left_ == 0 && calm()) end_run();
}

void Upcall_Pool::end_run() noexcept {
  over_ = true;
  followers_.notify_all();
  deputys_.notify_all();
  callers_.notify_one();
}

bool Upcall_Pool::may_lead(const Worker& me) const noexcept {
  if (leading_ || over_ || leads_left_ == 0) return false;
  if (until_ == Run_Until::turn) return caller(me);
  if (dispatch_ == Dispatch::leader_followers) return true;
  if (!caller(me)) return false;
  return impatient_ || (queue_.empty() && (idle_ != 0 || busy_ == 0));
}

void Upcall_Pool::lead() noexcept {
  while (changers_ != 0) unchanged_.wait(monitor_);
  if (leading_ || over_) return;  // meanwhile
  leading_ = true;
  impatient_ = false;
  ++leads_;
  if (leads_left_ > 0) --leads_left_;
  Duration wait = longest_wait_;
  if (until_ == Run_Until::time) {
    wait = std::max(end_ - Clock::now(), Duration::zero());
    if (wait == Duration::zero()) leads_left_ = 0;  // the last turn does not wait
  }
  if (!later_.empty()) wait = Duration::zero();
  if (!queue_.empty()) {  // whoever idles, or this one, has it to run
    if (dispatch_ == Dispatch::leader_followers) {
      wait = Duration::zero();
    } else if (idle_ != 0 && (wait < Duration::zero() || wait > patience)) {
      wait = patience;
    }
  }
  if (runs_ != runs_then_) {  // half of what was, half of what the last batch took
    const auto runs = static_cast<std::int64_t>(runs_ - runs_then_);
    cost_ = (cost_ + (Clock::now() - collected_) / runs) / 2;
  }
  if (dispatch_ == Dispatch::leader_followers && !deputy_) followers_.notify_one();  // to be it while this one waits
  waits_until_ = core_.queue->nearest();
  const Result<std::size_t> found = wait_for_events(core_.time_to_wait(wait));
  leading_ = false;
  if (changers_ != 0) returned_.notify_all();
  if (!found) {
    failure_ = found.error();
    return end_run();
  }
  collect(*found);
  collected_ = core_.now();
  runs_then_ = runs_;
  if (deputy_deep_) deputys_.notify_one();
  const bool else_to_do = core_.has_returned() || !dropped_.empty();
  spread(queue_.size() + (else_to_do ? 1 : 0));
}

void Upcall_Pool::hurry_leader(Tick deadline) noexcept {
  waits_until_ = deadline;
  core_.wake();
}

Result<std::size_t> Upcall_Pool::wait_for_events(Duration timeout) noexcept {
  Post_Queue& posts = core_.posts();
  if (posts_stuck_ && (timeout < Duration::zero() || timeout > a_moment)) timeout = a_moment;
  const bool sleeps = timeout != Duration::zero() && !posts_stuck_ && posts.prepare_sleep();
  if (!sleeps && !posts_stuck_) timeout = Duration::zero();
  Result<std::size_t> found;
  {
    const Free free{*this};
    found = core_.demultiplexer->wait(core_.events(), timeout);
  }
  if (sleeps) posts.awake();
  return found;
}

/// Wakes another thread where what is queued is worth it.
void Upcall_Pool::spread(std::size_t backlog) noexcept {
  if (idle_ == 0 || backlog == 0) return;
  const auto helpers = static_cast<unsigned>(workers_.size() - 1);
  if (dispatch_ == Dispatch::worker_pool && idle_ == helpers) return wake_one();  // nobody else would run it
  if (backlog > 1 && cost_ * static_cast<std::int64_t>(backlog - 1) >= worth_a_wake) wake_one();
}

void Upcall_Pool::wake_one() noexcept {
  if (followers_.waiting() != 0) {
    followers_.notify_one();
  } else if (deputy_) {
    deputy_told_ = true;
    deputys_.notify_one();
  }
}

void Upcall_Pool::rest(Worker& me) noexcept {
  if (caller(me) && (over_ || until_ == Run_Until::turn || dispatch_ == Dispatch::worker_pool)) return rest_of_caller();
  ++idle_;
  if (callers_.waiting() != 0) callers_.notify_one();
  if (dispatch_ == Dispatch::leader_followers && !deputy_ && !over_) {
    watch();
  } else {
    followers_.wait(monitor_);
  }
  --idle_;
  if (queue_.size() > 1) spread(queue_.size());
}

/// The thread in `run` waits for the others: for all of a turn, or until it is its turn to lead.
void Upcall_Pool::rest_of_caller() noexcept {
  const bool leads_again = !over_ && leads_left_ != 0;
  const std::uint64_t runs = runs_;
  const bool looks = dispatch_ == Dispatch::worker_pool && (leads_again || (!queue_.empty() && idle_ != 0));
  callers_.wait(monitor_, looks ? patience : Duration{-1});
  if (!looks) return;
  if (leads_again) impatient_ = true;  // the queue may still be long: timers and other events must not wait for it
  if (!queue_.empty() && runs_ == runs) wake_one();  // whoever was woken for it may be in an upcall that blocks
}

/// A follower that looks whether somebody leads. While all is quiet it sleeps without end.
void Upcall_Pool::watch() noexcept {
  deputy_ = true;
  deputy_told_ = false;
  for (int quiet = 0; !over_ && !ending_ && !deputy_told_;) {
    const std::uint64_t leads = leads_;
    const bool deep = deputy_deep_ = quiet >= 4;
    deputys_.wait(monitor_, deep ? Duration{-1} : watch_interval);
    if (deep || leads_ != leads) {  // who is woken from the deep has nothing yet to compare with
      quiet = 0;
    } else if (leading_ && queue_.empty()) {
      ++quiet;  // it sleeps in its wait
    } else {
      break;  // what is queued, or the lead, waits for somebody whose upcall takes long
    }
  }
  deputy_ = deputy_deep_ = false;
  if (!over_) followers_.notify_one();  // who is the deputy now: this one's next upcall may block, too
}

void Upcall_Pool::open_set() noexcept {
  if (!leading_ || core_.demultiplexer->concurrent()) return;
  ++changers_;
  while (leading_) {
    core_.wake();
    returned_.wait(monitor_);
  }
  if (--changers_ == 0) unchanged_.notify_all();
}

}  // namespace v1
}  // namespace strata
