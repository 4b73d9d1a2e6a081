// SPDX-License-Identifier: Apache-2.0
// The turn: wait, posts, timers, I/O, flush, destruction of the closed.
#include <algorithm>
#include <exception>
#include <thread>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include <strata/os/Socket.h>
#include <strata/os/Stack.h>

#include "Reactor_Core.h"
#include "Upcall_Mark.h"
#include "Upcall_Pool.h"

namespace strata {
inline namespace v1 {

namespace {

/// Stands for a callback where the handler's handle_timeout is meant; never called.
struct Timeout {
  void operator()() const noexcept {}
};
const void* timeout_mark() noexcept {
  static const void* const mark = Callback{Timeout{}}.origin();
  return mark;
}

// The others of a turn, a timer or a signal, have to wait for no more posts than these, or for about so long.
constexpr std::uint64_t most_posts_a_turn = 8192;
constexpr Duration longest_posts_a_turn = std::chrono::milliseconds{10};

/// Whether posts have run for too long. Few are not timed, of many few: the clock costs as much as a post.
class Post_Patience {
 public:
  bool over() noexcept {
    if (++run_ != next_look_) return false;
    next_look_ += std::min(run_, most_untimed);
    const Time_Point now = Clock::now();
    if (run_ == first_look) begin_ = now;
    return now - begin_ >= longest_posts_a_turn;
  }

 private:
  static constexpr std::uint64_t first_look = 8, most_untimed = 64;
  std::uint64_t run_ = 0;
  std::uint64_t next_look_ = first_look;
  Time_Point begin_{};
};

}  // namespace

constinit thread_local Upcall_Site here;

Running_Upcall running_upcall() noexcept {
  const std::type_info* type =
      here.context == nullptr ? nullptr : here.context->type.load(std::memory_order_relaxed);
  return {type == nullptr ? nullptr : type->name(), here.token};
}

/// Marks this thread as the one in `run`.
class Reactor_Core::Running {
 public:
  explicit Running(Reactor_Core& core) noexcept
      : core_(core), entered_(!core.running_.exchange(true, std::memory_order_acquire)) {
    if (!entered_) return;
    outer_ = std::exchange(here, Upcall_Site{&core, core.context.get(), 0, nullptr});
    core.context->thread.store(os::current_thread(), std::memory_order_relaxed);
    core.face->context_ = core.context.get();
  }
  ~Running() {
    if (!entered_) return;
    here = outer_;
    core_.context->now_known = false;
    core_.face->context_ = nullptr;
    core_.running_.store(false, std::memory_order_release);
  }
  bool entered() const noexcept { return entered_; }

 private:
  Reactor_Core& core_;
  const bool entered_;
  Upcall_Site outer_;
};

bool Reactor_Core::running_here() const noexcept { return here.core == this; }

bool Reactor_Core::at_home() const noexcept { return running_here() || !running_.load(std::memory_order_acquire); }

Result<> Reactor_Core::run(Run_Until until, Duration time) {
  const Running running{*this};
  if (!running.entered()) return fail(std::errc::resource_deadlock_would_occur);
  if (ended()) return fail(errc::stopping);
  posts_->reopen();
  return pool != nullptr ? run_pool(until, time) : run_here(until, time);
}

Result<> Reactor_Core::run_here(Run_Until until, Duration time) {
  const Time_Point end = until == Run_Until::time ? due_time(Clock::now(), time) : Time_Point{};
  while (!stop_.load(std::memory_order_acquire)) {
    if (until == Run_Until::time) time = std::max(end - Clock::now(), Duration::zero());
    if (const Result<> done = turn(time); !done) return done;
    if (until == Run_Until::turn || (until == Run_Until::time && time == Duration::zero())) return {};
  }
  finish();
  return {};
}

Result<> Reactor_Core::run_pool(Run_Until until, Duration time) {
  const Result<> done = pool->run(until, time);
  if (done && stop_asked()) {
    posts_->close();
    stop_.store(false, std::memory_order_release);
  }
  return done;
}

void Reactor_Core::yield() noexcept { std::this_thread::yield(); }

void Reactor_Core::stop() noexcept {
  posts_->close();  // first: a run that this stop ends must not be followed by one whose queue it closes
  stop_.store(true, std::memory_order_release);
  waker_.wake();
}

/// What was accepted before the stop still runs: a post is never lost.
void Reactor_Core::finish() noexcept {
  posts_->close();
  while (posts_->head() != posts_->mark()) {
    run_posts();
    if (posts_->head() != posts_->mark()) std::this_thread::yield();  // a producer stands between claim and fill
  }
  flush();
  destroy_closed();
  stop_.store(false, std::memory_order_release);
}

Result<> Reactor_Core::turn(Duration max_wait) {
  const Result<std::size_t> ready_count = wait(wait_time(max_wait));
  if (!ready_count) return fail(ready_count.error());
  metrics.turns.add();
  metrics.events.add(*ready_count);
  told_ = 0;  // before the posts and the timers, which may `tell_now`
  fetched_ = *ready_count;
  run_posts();
  expire_timers();
  context->crowded = *ready_count > 1;
  while (told_ < fetched_) dispatch(events_[told_++]);
  spin_.served(*ready_count);
  flush();
  destroy_closed();
  return {};
}

Duration Reactor_Core::wait_time(Duration max_wait) {
  return closing_.empty() && flush_.empty() ? time_to_wait(max_wait) : Duration::zero();
}

Duration Reactor_Core::time_to_wait(Duration max_wait) {
  const Tick nearest = queue->nearest();
  if (nearest == max_tick || max_wait == Duration::zero()) return max_wait;
  const Time_Point when = tick_start(nearest);
  const bool unlimited = max_wait < Duration::zero();
  if (unlimited && alarm_.covers(when)) return max_wait;
  const Duration due = std::max(when - refresh_now(), Duration::zero());
  if (unlimited && alarm_.cover(when, due)) return max_wait;
  return unlimited ? due : std::min(due, max_wait);
}

Result<std::size_t> Reactor_Core::wait(Duration timeout) {
  if (timeout != Duration::zero() && spin_.worthwhile()) {
    const Time_Point start = Clock::now();
    const Duration limit = timeout < Duration::zero() ? spin_.limit() : std::min(timeout, spin_.limit());
    Duration spun{};
    do {
      const Result<std::size_t> polled = demultiplexer->wait(events_, Duration::zero());
      if (!polled || *polled > 0 || posts_->mark() != posts_->head()) {
        spin_.found();
        return polled;
      }
      spun = Clock::now() - start;
    } while (spun < limit);
    spin_.missed();
    if (timeout > Duration::zero()) timeout = std::max(timeout - spun, Duration::zero());
  }
  if (timeout == Duration::zero() || !posts_->prepare_sleep()) return demultiplexer->wait(events_, Duration::zero());
  const Result<std::size_t> woken = demultiplexer->wait(events_, timeout);
  posts_->awake();
  return woken;
}

void Reactor_Core::run_posts() noexcept {
  const std::uint64_t end = std::min(posts_->mark(), posts_->head() + most_posts_a_turn);
  if (posts_->head() == end) return;
  Post_Patience patience;
  while (posts_->head() != end && !patience.over()) {
    Post_Queue::Post* post = posts_->front();
    if (post == nullptr) break;
    Handler_Slot* slot = post->token == 0 ? nullptr : table.find(post->token);
    if (post->token == 0 || slot != nullptr) {
      run_post(post->token, slot == nullptr ? nullptr : slot->handler, post->callback);
    }
    posts_->pop();
  }
  posts_->publish();
}

void Reactor_Core::expire_timers() noexcept {
  if (queue->size() == 0) return;
  const Time_Point now = refresh_now();
  if (const Tick nearest = queue->nearest(); nearest <= tick_floor(now)) metrics.lag.record(now - tick_start(nearest));
  queue->expire(tick_floor(now));
}

template <class Whose>
void Reactor_Core::threw(const Whose& whose, std::string_view what) noexcept {
  const Locked locked{*this};
  metrics.exceptions.add();
  std::int32_t handle = -1;  // a callback of the reactor's
  if constexpr (std::is_same_v<Whose, Event_Handler>) handle = whose.handle().value();
  exceptions_log_.write(log_, Log_Level::error, "an upcall threw", "handle", handle, "what", what);
}

template <class Whose, class Call>
bool Reactor_Core::guarded(const Whose& whose, Call call) noexcept {
  Run_Context& mine = active();
  mine.now_known = false;
  const Upcall_Mark mark{mine, whose, metrics.upcall_time};
  try {
    call();
    return true;
  } catch (const std::exception& e) {
    threw(whose, e.what());
  } catch (...) {
    threw(whose, "not a std::exception");
  }
  return false;
}

void Reactor_Core::run_callback(Callback& callback) noexcept {
  guarded(callback, [&] { callback(); });
}

template <class Hook>
void Reactor_Core::upcall(std::uint64_t token, Event_Handler& handler, Hook hook) noexcept {
  Result<> result;
  if (!guarded(handler, [&] { result = hook(handler); })) {
    (void)close(token, std::make_error_code(std::errc::state_not_recoverable));
  } else if (!result && result.error() != std::errc::operation_would_block) {
    (void)close(token, result.error());
  }
}

void Reactor_Core::run_upcall(std::uint64_t token, Event_Handler& handler, Result<> (*hook)(Event_Handler&)) noexcept {
  upcall(token, handler, hook);
}

void Reactor_Core::run_hook(std::uint64_t token, Event_Handler& handler, Reactor::Hook hook, void* argument,
                            std::uint8_t ready) noexcept {
  const std::uint8_t outer = std::exchange(active().ready, ready);
  upcall(token, handler, [=](Event_Handler& h) { return hook(h, argument); });
  active().ready = outer;
}

void Reactor_Core::run_post(std::uint64_t token, Event_Handler* handler, Callback& callback) noexcept {
  if (token == 0) return run_callback(callback);
  upcall(token, *handler, [&](Event_Handler& h) {
    const Code_Mark mark{active(), callback.origin()};  // it may be of another binary than the handler
    return h.handle_post(callback);
  });
}

/// As an upcall of its owner; one whose owner has gone ends.
void Reactor_Core::run_timer(Callback_Timers::Due due, Callback& callback) noexcept {
  if (due.owner == 0) return run_callback(callback);
  Event_Handler* handler = nullptr;
  {
    const Locked locked{*this};
    Handler_Slot* slot = table.find(due.owner);
    if (slot != nullptr) handler = slot->handler;
  }
  if (handler == nullptr) return (void)timers->cancel(due.id);
  if (callback.origin() != timeout_mark()) return run_post(due.owner, handler, callback);
  upcall(due.owner, *handler, [id = due.id](Event_Handler& h) { return h.handle_timeout(id); });
}

Result<> Reactor_Core::invoke(std::uint64_t token, Reactor::Hook hook) {
  if (pool == nullptr) return begin_here(token, hook, nullptr, 0);
  const Locked locked{*this};
  return pool->invoke(token, hook, locked.first());
}

std::uint32_t Reactor_Core::new_group() noexcept {
  static std::atomic<std::uint32_t> last{0};
  return ++last;
}

Result<> Reactor_Core::begin(std::uint64_t token, Reactor::Hook hook, void* argument, std::uint8_t ready) {
  if (pool == nullptr) return begin_here(token, hook, argument, ready);
  const Locked locked{*this};
  return pool->begin(token, hook, argument, ready);
}

Result<> Reactor_Core::begin_here(std::uint64_t token, Reactor::Hook hook, void* argument, std::uint8_t ready) {
  Handler_Slot* slot = table.find(token);
  if (slot == nullptr) return fail(std::errc::identifier_removed);
  run_hook(token, *slot->handler, hook, argument, ready);
  return {};
}

Timer Reactor_Core::schedule_timeout(std::uint64_t token, Duration after, Duration interval) {
  return schedule(after, Timeout{}, interval, token);
}

bool Reactor_Core::own_event(const os::Ready& event) noexcept {
  if (event.token > alarm_token) return false;
  if (event.token == alarm_token) {
    alarm_.rang();
  } else {
    metrics.wakeups.add();
    if (!waker_edge_) waker_.clear();
  }
  return true;
}

void Reactor_Core::dispatch(const os::Ready& event) noexcept {
  using os::Ready;
  if (event.is(Ready::completed)) return complete(event);
  if (own_event(event)) return;
  Handler_Slot* slot = table.find(event.token);
  if (slot == nullptr) {
    metrics.stale.add();
    return;
  }
  if (!any(slot->effective())) return quiet_event(*slot, event);

  context->ready = event.set;
  constexpr std::uint8_t ends = Ready::error | Ready::hangup;
  if (any(slot->effective() & Event_Mask::input) && (event.set & (Ready::input | Ready::read_end | ends)) != 0) {
    upcall(event.token, *slot->handler, [](Event_Handler& h) { return h.handle_input(); });
    if ((event.set & (Ready::output | ends)) == 0) return;
    slot = table.find(event.token);
    if (slot == nullptr) return;
  }
  if (any(slot->effective() & Event_Mask::output) && (event.set & (Ready::output | ends)) != 0) {
    upcall(event.token, *slot->handler, [](Event_Handler& h) { return h.handle_output(); });
  }
}

/// ERR and HUP are reported whatever is wanted, and would spin the loop. A reset closes at once; an orderly end, often
/// with bytes before it, waits outside the set until I/O is wanted again.
void Reactor_Core::quiet_event(Handler_Slot& slot, const os::Ready& event) noexcept {
  if ((event.set & os::Ready::error) != 0) {
    std::error_code error = os::pending_error(slot.handle);
    if (!error) error = std::make_error_code(std::errc::connection_reset);
    if (error == std::errc::not_a_socket) error = std::make_error_code(std::errc::broken_pipe);  // a pipe's reader left
    (void)close(event.token, error);
  } else if ((event.set & os::Ready::hangup) != 0) {
    (void)demultiplexer->remove(slot.handle);
    slot.flags |= Handler_Slot::absent;
  }
}

void Reactor_Core::flush() noexcept {
  std::swap(flush_, flushing_);
  for (std::size_t i = 0; i < flushing_.size(); ++i) {  // an adopt in the loop may make more room
    const std::uint64_t token = flushing_[i];
    Handler_Slot* slot = table.find(token);
    if (slot == nullptr) continue;
    slot->flags &= static_cast<std::uint8_t>(~Handler_Slot::flushing);
    context->ready = 0;
    upcall(token, *slot->handler, [](Event_Handler& h) { return h.handle_output(); });
  }
  flushing_.clear();
}

void Reactor_Core::destroy_closed() noexcept {
  std::swap(closing_, closed_);
  for (std::size_t i = 0; i < closed_.size(); ++i) {
    const Closing closing = closed_[i];
    if (closing.handler == nullptr) continue;  // a Registration was destroyed meanwhile
    context->now_known = false;
    const Upcall_Mark mark{*context, *closing.handler, metrics.upcall_time};
    closing.handler->handle_close(closing.reason);
    if (closing.owned && closed_[i].handler != nullptr) release(closing.handler);
  }
  closed_.clear();
  if (has_returned()) [[unlikely]] free_returned();
}

}  // namespace v1
}  // namespace strata
