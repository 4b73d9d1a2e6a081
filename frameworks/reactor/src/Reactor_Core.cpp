// SPDX-License-Identifier: Apache-2.0
#include "Reactor_Core.h"

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <new>
#include <span>
#include <utility>

#include <strata/logging/Log_System.h>
#include <strata/os/Socket.h>
#include <strata/reactor/Completion_Handler.h>
#include <strata/timers/Timer_Heap.h>
#include <strata/timers/Timer_Wheel.h>

#include "Upcall_Pool.h"

namespace strata {
inline namespace v1 {

namespace {

std::unique_ptr<Timer_Queue> make_timers(Timer_Kind kind, Tick now) {
  if (kind == Timer_Kind::heap) return std::unique_ptr<Timer_Queue>{new (std::nothrow) Timer_Heap{now}};
  return std::unique_ptr<Timer_Queue>{new (std::nothrow) Timer_Wheel{now}};
}

/// A ring that is missing, forbidden, or beyond the limit of locked memory is no reason not to serve.
Result<std::unique_ptr<os::Demultiplexer>> open_mechanism(const std::string& name, Logger log) {
  Result<std::unique_ptr<os::Demultiplexer>> opened = os::open_demultiplexer(name);
  if (opened || name != "io_uring") return opened;
  const std::error_code refused = opened.error();
  if (!os::is_refusal(refused) && refused != std::errc::not_enough_memory) return opened;
  opened = os::open_demultiplexer("auto");
  if (opened) log.warning("io_uring cannot be used here", "error", refused, "instead", (*opened)->name());
  return opened;
}

}  // namespace

Reactor_Core::Reactor_Core(os::Waker waker)
    : waker_(std::move(waker)), log_(Log_System::process().logger("reactor")) {}

Result<std::unique_ptr<Reactor_Core>> Reactor_Core::open(const Reactor_Options& options) try {
  Result<os::Waker> waker = os::Waker::open();
  if (!waker) return fail(waker.error());
  std::unique_ptr<Reactor_Core> core{new Reactor_Core{std::move(*waker)}};

  Result<std::unique_ptr<os::Demultiplexer>> demultiplexer = open_mechanism(options.demultiplexer, core->log_);
  if (!demultiplexer) return fail(demultiplexer.error());
  core->demultiplexer = std::move(*demultiplexer);
  if (options.dispatch != Dispatch::single) {
    if (const Result<> shared = core->demultiplexer->share(); !shared) return fail(shared.error());
  }
  core->port = core->demultiplexer->completion_port();
  const Result<bool> edge = core->demultiplexer->add_waker(core->waker_.handle(), waker_token);
  if (!edge) return fail(edge.error());
  core->waker_edge_ = *edge;
  core->alarm_.open(*core->demultiplexer, alarm_token);

  Result<std::unique_ptr<Post_Queue>> posts = Post_Queue::open(options.post_capacity);
  if (!posts) return fail(posts.error());
  core->posts_ = std::move(*posts);
  core->queue = make_timers(options.timers, tick_floor(Clock::now()));
  core->context = Run_Context::make();
  if (!core->queue || !core->context) return fail(std::errc::not_enough_memory);
  Callback_Timers::Hooks hooks{[](void* self, Callback_Timers::Due due, Callback& callback) noexcept {
                                 static_cast<Reactor_Core*>(self)->run_timer(due, callback);
                               },
                               [](void* self) noexcept { return static_cast<Reactor_Core*>(self)->now(); }, core.get()};
  if (options.dispatch != Dispatch::single) {
    if (options.threads == 0) return fail(std::errc::invalid_argument);
    Result<std::unique_ptr<Upcall_Pool>> pool = Upcall_Pool::open(*core, options);
    if (!pool) return fail(pool.error());
    core->pool = std::move(*pool);
    hooks.hold = [](void* self, bool take) noexcept {
      auto& me = *static_cast<Reactor_Core*>(self);
      if (!take) me.pool->timer_filed(me.queue->nearest());  // whatever was done meanwhile
      return me.hold(take);
    };
    hooks.due = [](void* self, Callback_Timers::Due due) noexcept {
      return static_cast<Reactor_Core*>(self)->pool->send_due(due);
    };
  }
  if (core->pool == nullptr) core->contexts.push_back(core->context.get());
  core->timers.emplace(*core->queue, callback_timer_kind, hooks);
  core->spin_ = Spin{options.spin};
  return core;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Reactor_Core::~Reactor_Core() {
  if (!timers) return;  // `open` failed
  end(errc::stopping);
  timers.reset();
}

void Reactor_Core::end(std::error_code reason) noexcept {
  ended_.store(true);  // before what was given back is looked at: whoever gives back after that sees it
  posts_->end();
  if (pool != nullptr) {  // from here on there is one thread
    pool->end();
    former_pool_ = std::move(pool);
    if (face != nullptr) face->pooled_ = false;
  }
  for (std::uint32_t i = 0; i < table.used(); ++i) {
    if (table.at(i).handler != nullptr) (void)close(table.token(i), reason);
  }
  while (!closing_.empty()) destroy_closed();
  end_operations();
  free_returned();
  // Posts never run; their captures may hold handlers' property, and go before the timers do.
  while (posts_->head() != posts_->mark()) {
    if (posts_->front() != nullptr) {
      posts_->pop();
    } else {
      yield();  // a producer stands between claim and fill
    }
  }
  if (timers) timers->cancel_all();
}

/// Room for every handler in each list, so that closing and flushing never need memory.
void Reactor_Core::reserve_closing() {
  const std::size_t live = table.size() + 1;
  // What was registered, asked for and closed again within one turn still stands in the lists.
  const std::size_t needed = live + std::max(closing_.size(), flush_.size());
  if (needed <= room_) return;
  room_ = needed + needed / 2 + 64;
  closing_.reserve(room_);
  closed_.reserve(room_);
  flush_.reserve(room_);
  flushing_.reserve(room_);
}

Result<std::uint64_t> Reactor_Core::add(Event_Handler& handler, Event_Mask interest, std::uint8_t flags,
                                        std::uint32_t group, bool held) try {
  const Locked locked{*this};
  if (ended()) return fail(errc::stopping);
  if (pool != nullptr) pool->open_set();
  reserve_closing();
  const os::Handle handle = handler.handle();
  const Result<std::uint32_t> index = table.claim(handler, handle);
  if (!index) return fail(index.error());
  Handler_Slot& slot = table.at(*index);
  const std::uint64_t token = table.token(*index);
  if (pool != nullptr) {
    try {
      pool->reach(*index, room_);
    } catch (...) {
      table.release(*index);
      throw;
    }
  }
  slot.flags = flags;
  if (slot.has(Handler_Slot::when_wanted) && !any(interest)) slot.flags |= Handler_Slot::absent;
  const bool waited_for = !slot.has(Handler_Slot::by_operations | Handler_Slot::absent);
  Result<> added = waited_for ? put_in(slot, interest, token) : Result<>{};
  // Ours no more, but still in the kernel's set: closed in this turn, and not yet by its destructor.
  if (!added && added.error() == std::errc::file_exists) added = demultiplexer->modify(handle, interest, token);
  if (!added) {
    table.release(*index);
    return fail(added.error());
  }
  slot.wanted = slot.applied = interest;
  slot.group = group;
  spin_.changed();
  if (pool != nullptr) pool->adopted(*index, held);
  return token;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

void Reactor_Core::deregister(Handler_Slot& slot) noexcept {
  if (!slot.has(Handler_Slot::absent | Handler_Slot::by_operations)) {
    // In a pool another thread may wait before this one has closed the descriptor.
    if (slot.has(Handler_Slot::exclusive) && pool == nullptr) {
      demultiplexer->forget(slot.handle);
    } else {
      (void)demultiplexer->remove(slot.handle);  // fails only for a descriptor that its handler closed too early
    }
  }
  spin_.changed();
}

void Reactor_Core::remove(std::uint64_t token) noexcept {
  const Locked locked{*this};
  if (pool != nullptr) pool->open_set();
  if (Handler_Slot* slot = table.find(token)) {
    deregister(*slot);
    if (pool != nullptr) pool->forget(static_cast<std::uint32_t>(token));
    table.release(static_cast<std::uint32_t>(token));
    return;
  }
  const std::size_t recycled = std::erase_if(closing_, [=](const Closing& c) { return c.token == token; });
  if (pool != nullptr && recycled != 0) table.recycle(static_cast<std::uint32_t>(token));
  for (Closing& c : closed_) {  // being walked: only marked
    if (c.token == token) c.handler = nullptr;
  }
}

Result<> Reactor_Core::close(std::uint64_t token, std::error_code reason) {
  const Locked locked{*this};
  if (pool != nullptr) pool->open_set();
  Handler_Slot* slot = table.find(token);
  if (slot == nullptr) return fail(std::errc::identifier_removed);
  const auto index = static_cast<std::uint32_t>(token);
  closing_.push_back(
      {slot->handler, token, reason, slot->has(Handler_Slot::owned), slot->has(Handler_Slot::common)});
  deregister(*slot);
  table.retire(index);
  if (pool != nullptr) {
    pool->close(index);
  } else {
    table.recycle(index);
  }
  return {};
}

Result<> Reactor_Core::apply(Handler_Slot& slot, std::uint64_t token) {
  const Event_Mask wanted = slot.effective();
  Result<> done;
  if (slot.has(Handler_Slot::absent)) {
    if (!any(wanted)) return {};
    done = put_in(slot, wanted, token);
    slot.flags &= static_cast<std::uint8_t>(~Handler_Slot::absent);
  } else if (wanted != slot.applied &&
             (slot.has(Handler_Slot::wake_one) ||  // cannot be modified (epoll_ctl(2))
              (slot.has(Handler_Slot::when_wanted) && !any(wanted)))) {
    (void)demultiplexer->remove(slot.handle);
    if (any(wanted)) {
      done = put_in(slot, wanted, token);
    } else {
      slot.flags |= Handler_Slot::absent;
    }
  } else if (wanted != slot.applied) {
    done = demultiplexer->modify(slot.handle, wanted, token);
  }
  slot.applied = wanted;
  if (!done) (void)close(token, done.error());
  return done;
}

/// In a pool: one that is out of the set until its upcall is over is put back then, with what it wants by then.
Result<> Reactor_Core::apply_shared(std::uint64_t token) {
  const auto index = static_cast<std::uint32_t>(token);
  const Handler_Slot& known = table.at(index);
  if (pool->is_apart(index) || (!known.has(Handler_Slot::absent) && known.effective() == known.applied)) return {};
  pool->open_set();  // the monitor may have been free meanwhile
  Handler_Slot* slot = table.find(token);
  if (slot == nullptr) return fail(std::errc::identifier_removed);
  return pool->is_apart(index) ? Result<>{} : apply(*slot, token);
}

/// After an upcall that an event has found running. What is not wanted goes back too: an error must be seen.
void Reactor_Core::put_back(std::uint64_t token) noexcept {
  Handler_Slot* slot = table.find(token);
  if (slot == nullptr) return;
  if (!slot->has(Handler_Slot::absent)) return (void)apply(*slot, token);  // a failure has closed it
  const Event_Mask wanted = slot->effective();
  if (slot->has(Handler_Slot::when_wanted) && !any(wanted)) return;
  slot->flags &= static_cast<std::uint8_t>(~Handler_Slot::absent);
  slot->applied = wanted;
  if (const Result<> done = put_in(*slot, wanted, token); !done) (void)close(token, done.error());
}

Result<> Reactor_Core::put_in(const Handler_Slot& slot, Event_Mask interest, std::uint64_t token) {
  return slot.has(Handler_Slot::wake_one) ? demultiplexer->add_shared(slot.handle, interest, token)
                                          : demultiplexer->add(slot.handle, interest, token);
}

Result<> Reactor_Core::flush_later(std::uint64_t token) {
  const Locked locked{*this};
  Handler_Slot* slot = table.find(token);
  if (slot == nullptr) return fail(std::errc::identifier_removed);
  if (pool != nullptr) return pool->ask_flush(static_cast<std::uint32_t>(token)), Result<>{};
  if (slot->has(Handler_Slot::flushing)) return {};
  slot->flags |= Handler_Slot::flushing;
  flush_.push_back(token);
  return {};
}

Result<> Reactor_Core::post(std::uint64_t token, Callback&& callback, Post_Queue::Room room) {
  if (!callback) return fail(std::errc::not_enough_memory);
  if (running_here()) {
    const Locked locked{*this};
    if (token != 0 && table.find(token) == nullptr) return fail(std::errc::identifier_removed);
    if (pool != nullptr && pool->takes_posts()) return pool->send(token, std::move(callback), room);
  }
  const Result<Post_Queue::Pushed> pushed = posts_->push(token, std::move(callback), room);
  if (!pushed) return fail(pushed.error());
  if (*pushed == Post_Queue::Pushed::wake) waker_.wake();
  return {};
}

void Reactor_Core::keep(Reactor::Returned& room, std::unique_ptr<Event_Handler> self) noexcept {
  const std::lock_guard held{kept_monitor_};
  room.handler = std::move(self);
  room.next = kept_;
  if (kept_ != nullptr) kept_->before = &room;
  kept_ = &room;
}

/// From one list into the other under the lock: who asks whether a binary is in use finds it in either.
void Reactor_Core::give_back(std::unique_ptr<Reactor::Returned> returned) noexcept {
  Reactor::Returned* mine = returned.release();
  {
    const std::lock_guard held{kept_monitor_};
    (mine->before == nullptr ? kept_ : mine->before->next) = mine->next;
    if (mine->next != nullptr) mine->next->before = mine->before;
    mine->next = returned_.load(std::memory_order_relaxed);
    while (!returned_.compare_exchange_weak(mine->next, mine)) {
    }
  }
  waker_.wake();
}

void Reactor_Core::free_returned() noexcept {
  freeing_.fetch_add(1);  // for who asks whether a binary is in use
  Reactor::Returned* next = returned_.exchange(nullptr);
  while (next != nullptr) {
    const std::unique_ptr<Reactor::Returned> one{next};
    next = one->next;
  }
  freeing_.fetch_sub(1);
}

void Reactor_Core::complete(const os::Ready& event) noexcept {
  auto* const operation = reinterpret_cast<os::Submission*>(static_cast<std::uintptr_t>(event.token));
  static_cast<Completion_Handler*>(operation)->handle_completion(event);
}

void Reactor_Core::tell_now(os::Submission& operation) noexcept {
  const std::uint64_t token = reinterpret_cast<std::uintptr_t>(&operation);
  for (std::size_t i = told_; i < fetched_; ++i) {
    if (!events_[i].is(os::Ready::completed) || events_[i].token != token) continue;
    const os::Ready event = std::exchange(events_[i], os::Ready{nobody_token, 0});
    complete(event);
  }
  std::array<os::Ready, 16> waiting;
  while (const std::size_t count = port->take(operation, waiting)) {
    for (const os::Ready& event : std::span{waiting}.first(count)) complete(event);
  }
}

void Reactor_Core::operations_changed() noexcept {
  if (pool != nullptr && pool->leads()) wake();
}

/// One that does not end keeps whoever waits here: a file's that the disk does not answer.
void Reactor_Core::end_operations() noexcept {
  if (port == nullptr) return;
  for (bool more = true; port->outstanding() != 0;) {
    if (more) port->cancel_all();  // also what a completion has led to
    const Result<std::size_t> ended = demultiplexer->wait(events_, Duration{-1});
    if (!ended) return abandon_operations();
    for (std::size_t i = 0; i < *ended; ++i) {
      if (events_[i].is(os::Ready::completed)) complete(events_[i]);
    }
    more = *ended != 0;
  }
}

/// The mechanism has failed, or the ring is another thread's, which has ended without this.
void Reactor_Core::abandon_operations() noexcept {
  while (const std::size_t count = port->abandon(events_)) {
    for (std::size_t i = 0; i < count; ++i) complete(events_[i]);
  }
}

Timer Reactor_Core::schedule(Duration after, Callback callback, Duration interval, std::uint64_t owner) {
  const Result<Timer_Id> id = timers->schedule(now(), after, std::move(callback), interval, owner);
  return id ? Timer{*timers, *id} : Timer{};
}

void Reactor_Core::timer_filed(Tick deadline) noexcept {
  if (pool != nullptr) pool->timer_filed(deadline);
}

bool Reactor_Core::hold(bool take) const noexcept {
  if (pool == nullptr || (take && here.locked == pool.get())) return false;
  if (take) {
    pool->enter();
  } else {
    pool->leave();
  }
  return true;
}

}  // namespace v1
}  // namespace strata
