// SPDX-License-Identifier: Apache-2.0
#include "Reactor_Core.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include <strata/logging/Log_System.h>
#include <strata/os/Socket.h>
#include <strata/timers/Timer_Heap.h>
#include <strata/timers/Timer_Wheel.h>

namespace strata {
inline namespace v1 {

namespace {

std::unique_ptr<Timer_Queue> make_timers(Timer_Kind kind, Tick now) {
  if (kind == Timer_Kind::heap) return std::unique_ptr<Timer_Queue>{new (std::nothrow) Timer_Heap{now}};
  return std::unique_ptr<Timer_Queue>{new (std::nothrow) Timer_Wheel{now}};
}

}  // namespace

Reactor_Core::Reactor_Core(os::Waker waker)
    : waker_(std::move(waker)), log_(Log_System::process().logger("reactor")) {}

Result<std::unique_ptr<Reactor_Core>> Reactor_Core::open(const Reactor_Options& options) try {
  Result<os::Waker> waker = os::Waker::open();
  if (!waker) return fail(waker.error());
  std::unique_ptr<Reactor_Core> core{new Reactor_Core{std::move(*waker)}};

  Result<std::unique_ptr<os::Demultiplexer>> demultiplexer = os::open_demultiplexer(options.demultiplexer);
  if (!demultiplexer) return fail(demultiplexer.error());
  core->demultiplexer = std::move(*demultiplexer);
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
  const Callback_Timers::Hooks hooks{
      [](void* self, Callback& callback) noexcept { static_cast<Reactor_Core*>(self)->run_callback(callback); },
      [](void* self) noexcept { return static_cast<Reactor_Core*>(self)->now(); }, core.get()};
  core->timers.emplace(*core->queue, callback_timer_kind, hooks);
  core->spin_ = Spin{options.spin};
  return core;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Reactor_Core::~Reactor_Core() {
  if (!timers) return;  // `open` failed
  dying_ = true;
  posts_->close();
  for (std::uint32_t i = 0; i < table.used(); ++i) {
    if (table.at(i).handler != nullptr) (void)close(table.token(i), errc::stopping);
  }
  while (!closing_.empty()) destroy_closed();
  // Posts never run; their captures may hold handlers' property, and go before the timers do.
  while (posts_->front() != nullptr) posts_->pop();
  timers.reset();
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
                                        std::uint32_t group) try {
  if (dying_) return fail(errc::stopping);
  reserve_closing();
  const os::Handle handle = handler.handle();
  const Result<std::uint32_t> index = table.claim(handler, handle);
  if (!index) return fail(index.error());
  Handler_Slot& slot = table.at(*index);
  const std::uint64_t token = table.token(*index);
  Result<> added = demultiplexer->add(handle, interest, token);
  // Ours no more, but still in the kernel's set: closed in this turn, and not yet by its destructor.
  if (!added && added.error() == std::errc::file_exists) added = demultiplexer->modify(handle, interest, token);
  if (!added) {
    table.release(*index);
    return fail(added.error());
  }
  slot.wanted = slot.applied = interest;
  slot.flags = flags;
  slot.group = group;
  spin_.changed();
  return token;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

void Reactor_Core::deregister(Handler_Slot& slot) noexcept {
  if (!slot.has(Handler_Slot::absent)) {
    if (slot.has(Handler_Slot::exclusive)) {
      demultiplexer->forget(slot.handle);
    } else {
      (void)demultiplexer->remove(slot.handle);  // fails only for a descriptor that its handler closed too early
    }
  }
  spin_.changed();
}

void Reactor_Core::remove(std::uint64_t token) noexcept {
  if (Handler_Slot* slot = table.find(token)) {
    deregister(*slot);
    table.release(static_cast<std::uint32_t>(token));
    return;
  }
  std::erase_if(closing_, [=](const Closing& c) { return c.token == token; });
  for (Closing& c : closed_) {  // being walked: only marked
    if (c.token == token) c.handler = nullptr;
  }
}

Result<> Reactor_Core::close(std::uint64_t token, std::error_code reason) {
  Handler_Slot* slot = table.find(token);
  if (slot == nullptr) return fail(std::errc::identifier_removed);
  closing_.push_back({slot->handler, token, reason, slot->has(Handler_Slot::owned)});
  deregister(*slot);
  table.release(static_cast<std::uint32_t>(token));
  return {};
}

Result<> Reactor_Core::apply(Handler_Slot& slot, std::uint64_t token) {
  const Event_Mask wanted = slot.effective();
  Result<> done;
  if (slot.has(Handler_Slot::absent)) {
    if (!any(wanted)) return {};
    done = demultiplexer->add(slot.handle, wanted, token);
    slot.flags &= static_cast<std::uint8_t>(~Handler_Slot::absent);
  } else if (wanted != slot.applied) {
    done = demultiplexer->modify(slot.handle, wanted, token);
  }
  slot.applied = wanted;
  if (!done) (void)close(token, done.error());
  return done;
}

Result<> Reactor_Core::flush_later(std::uint64_t token) {
  Handler_Slot* slot = table.find(token);
  if (slot == nullptr) return fail(std::errc::identifier_removed);
  if (slot->has(Handler_Slot::flushing)) return {};
  slot->flags |= Handler_Slot::flushing;
  flush_.push_back(token);
  return {};
}

Result<> Reactor_Core::post(std::uint64_t token, Callback&& callback) {
  if (!callback) return fail(std::errc::not_enough_memory);
  const Result<Post_Queue::Pushed> pushed = posts_->push(token, std::move(callback));
  if (!pushed) return fail(pushed.error());
  if (*pushed == Post_Queue::Pushed::wake) waker_.wake();
  return {};
}

Timer Reactor_Core::schedule(Duration after, Callback callback, Duration interval) {
  const Result<Timer_Id> id = timers->schedule(now(), after, std::move(callback), interval);
  return id ? Timer{*timers, *id} : Timer{};
}

}  // namespace v1
}  // namespace strata
