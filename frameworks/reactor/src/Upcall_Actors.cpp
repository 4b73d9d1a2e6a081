// SPDX-License-Identifier: Apache-2.0
// What the threads of a pool run: handlers one upcall at a time, the reactor's own strand, the closed.
#include <algorithm>
#include <cassert>
#include <utility>

#include "Reactor_Core.h"
#include "Upcall_Mark.h"
#include "Upcall_Pool.h"

namespace strata {
inline namespace v1 {

using os::Ready;

void Upcall_Pool::reach(std::uint32_t index, std::size_t handlers) {
  actors_.reach(index);
  queue_.reserve(actors_.size() + 1);
  common_ready_.reserve(handlers);
  common_running_.reserve(handlers);
  later_.reserve(handlers);
}

void Upcall_Pool::adopted(std::uint32_t index, bool held) noexcept {
  Actor& actor = actors_[index];
  actor.ready = 0;
  actor.unset(Actor::flush | Actor::apart | Actor::busy | Actor::held);  // it may still stand in the queue
  if (!held) return;
  actor.set(Actor::busy | Actor::held);
  ++busy_;
}

void Upcall_Pool::enqueue(std::uint32_t index, Actor& actor) noexcept {
  if (actor.is(Actor::queued | Actor::busy)) return;
  actor.set(Actor::queued);
  queue_.push(index);
}

void Upcall_Pool::enqueue_common() noexcept { enqueue(common_index, common_); }

// --- What comes ---

/// After a wait: posts, due timers and events, each to whom it concerns.
void Upcall_Pool::collect(std::size_t events) noexcept {
  core_.metrics.turns.add();
  core_.metrics.events.add(events);
  for (const std::uint32_t index : later_) {
    if (actors_[index].waits()) enqueue(index, actors_[index]);
  }
  later_.clear();
  collect_posts();
  core_.expire_timers();
  for (std::size_t i = 0; i < events; ++i) deliver(core_.events()[i]);
}

bool Upcall_Pool::takes_posts() const noexcept { return until_ == Run_Until::stop && open_ && !over_; }

/// Whom it is for; false when nobody is there any more.
bool Upcall_Pool::address(Mail& mail) noexcept {
  const auto index = static_cast<std::uint32_t>(mail.token);
  Handler_Slot* slot = mail.token == 0 ? nullptr : core_.table.find(mail.token);
  if (mail.token != 0 && slot == nullptr) return false;
  if (slot == nullptr || slot->has(Handler_Slot::common)) {
    common_.mail.push(mail);
    enqueue_common();
  } else {
    actors_[index].mail.push(mail);
    enqueue(index, actors_[index]);
  }
  return true;
}

void Upcall_Pool::collect_posts() noexcept {
  Post_Queue& posts = core_.posts();
  posts_stuck_ = false;
  for (const std::uint64_t end = posts.mark(); posts.head() != end;) {
    Post_Queue::Post* post = posts.front();
    if (post == nullptr) break;
    Mail* mail = office_.out() >= most_mail_ ? nullptr : office_.make();
    posts_stuck_ = mail == nullptr;
    if (posts_stuck_) break;
    mail->token = post->token;
    mail->callback = std::move(post->callback);
    posts.pop();
    if (!address(*mail)) dropped_.push(*mail);
  }
  posts.publish();
}

Result<> Upcall_Pool::send(std::uint64_t token, Callback&& callback, Post_Queue::Room room) {
  if (core_.stop_asked()) return fail(errc::stopping);
  const std::size_t most = most_mail_ + Post_Queue::beyond_capacity(room);
  if (office_.out() >= most) return fail(std::errc::no_buffer_space);
  Mail* mail = office_.make();
  if (mail == nullptr) return fail(std::errc::not_enough_memory);
  mail->token = token;
  mail->callback = std::move(callback);
  (void)address(*mail);  // the core has found it
  // Who posts will look for work when its upcall is over. Should that take long, somebody else must be awake.
  if (dispatch_ == Dispatch::worker_pool) {
    if (idle_ != 0) wake_one();
  } else if (deputy_deep_) {
    deputys_.notify_one();
  }
  return {};
}

bool Upcall_Pool::send_due(Callback_Timers::Due due) noexcept {
  Mail* mail = office_.make();
  if (mail == nullptr) return false;
  mail->token = due.owner;
  mail->timer = due.id;
  if (!address(*mail)) dropped_.push(*mail);  // its handler has gone: the timer goes with the mail
  return true;
}

void Upcall_Pool::deliver(const Ready& event) noexcept {
  if (event.is(Ready::completed)) return core_.complete(event);
  if (core_.own_event(event)) return;
  const auto index = static_cast<std::uint32_t>(event.token);
  Handler_Slot* slot = core_.table.find(event.token);
  if (slot == nullptr) {
    core_.metrics.stale.add();
    return;
  }
  if (!any(slot->effective())) return core_.quiet_event(*slot, event);
  Actor& actor = actors_[index];
  const bool common = slot->has(Handler_Slot::common);
  if (actor.is(Actor::busy | (common ? Actor::listed : Actor::queued)) || (common && common_.is(Actor::busy))) {
    set_apart(index, event);
    return;
  }
  actor.ready = event.set;
  if (common) {
    await_strand(index);
    enqueue_common();
  } else {
    enqueue(index, actor);
  }
}

/// Level-triggered, it would be told of again and again. Errors and hang-ups cannot be masked.
void Upcall_Pool::set_apart(std::uint32_t index, const Ready& event) noexcept {
  Handler_Slot& slot = core_.table.at(index);
  if ((event.set & (Ready::error | Ready::hangup)) != 0 || slot.has(Handler_Slot::wake_one)) {
    (void)core_.demultiplexer->remove(slot.handle);
    slot.flags |= Handler_Slot::absent;
  } else if (core_.demultiplexer->modify(slot.handle, Event_Mask::none, event.token)) {
    slot.applied = Event_Mask::none;
  }
  actors_[index].set(Actor::apart);
  if (slot.has(Handler_Slot::common)) await_strand(index);  // which puts it back at its end
}

/// Puts one of the strand's into its list.
void Upcall_Pool::await_strand(std::uint32_t index) noexcept {
  if (actors_[index].is(Actor::listed)) return;
  actors_[index].set(Actor::listed);
  common_ready_.push_back(core_.table.token(index));
}

void Upcall_Pool::put_back(std::uint32_t index, std::uint64_t token) noexcept {
  open_set();
  actors_[index].unset(Actor::apart);
  core_.put_back(token);
}

void Upcall_Pool::ask_flush(std::uint32_t index) noexcept {
  Actor& actor = actors_[index];
  actor.set(Actor::flush);
  if (!core_.table.at(index).has(Handler_Slot::common)) return enqueue(index, actor);
  await_strand(index);
  enqueue_common();
}

// --- What runs ---

bool Upcall_Pool::run_next(Worker& me) noexcept {
  if (Mail* mail = dropped_.pop()) return drop(*mail), true;
  if (close_next()) return true;
  if (core_.has_returned()) return free_returned(), true;
  if (queue_.empty()) return false;
  const std::uint32_t index = queue_.pop();
  ++runs_;
  if (index == common_index) {
    run_common(me);
  } else {
    run_handler(me, index);
  }
  return true;
}

void Upcall_Pool::run_handler(Worker& me, std::uint32_t index) noexcept {
  Actor& actor = actors_[index];
  actor.unset(Actor::queued);
  if (core_.table.at(index).handler == nullptr) {  // closed while it was queued
    core_.metrics.stale.add();
    return;
  }
  if (core_.table.at(index).has(Handler_Slot::common)) return;  // the queue meant who had this slot before
  if (actor.is(Actor::busy)) return;
  const std::uint64_t token = core_.table.token(index);
  const std::uint8_t ready = std::exchange(actor.ready, std::uint8_t{0});
  const bool flush = actor.is(Actor::flush);
  me.mail = actor.mail.take();
  actor.unset(Actor::flush);
  actor.set(Actor::busy);
  ++busy_;
  {
    const Upcall_Of of{token};
    run_mail(me.mail);
    if (ready != 0 || flush) run_events(token, ready, flush);
  }
  finish(index, token);
}

const void* Upcall_Pool::code_of(const Mail& mail) const noexcept {
  return mail.timer ? core_.timers->origin_of(mail.timer) : mail.callback.origin();
}

/// In their order; those for who has closed since are dropped.
void Upcall_Pool::run_mail(Mail_List& list) noexcept {
  while (Mail* mail = list.pop()) {
    run_one_mail(*mail);
    office_.take_back(*mail);
  }
}

void Upcall_Pool::run_one_mail(Mail& mail) noexcept {
  Handler_Slot* slot = mail.token == 0 ? nullptr : core_.table.find(mail.token);
  Event_Handler* handler = slot == nullptr ? nullptr : slot->handler;
  const Code_Mark mark{core_.active(), code_of(mail)};  // until the monitor is held
  const Free free{*this};
  if (mail.token != 0 && handler == nullptr) {
    if (mail.timer) core_.timers->cancel(mail.timer);
  } else if (mail.timer) {
    core_.timers->run_due(mail.timer);
  } else if (mail.hook != nullptr) {
    core_.run_hook(mail.token, *handler, mail.hook, nullptr, 0);
  } else {
    core_.run_post(mail.token, handler, mail.callback);
  }
  mail.callback.clear();
}

/// Input before output, then the flush; each only while nobody has closed or suspended it.
void Upcall_Pool::run_events(std::uint64_t token, std::uint8_t ready, bool flush) noexcept {
  constexpr std::uint8_t ends = Ready::error | Ready::hangup;
  core_.active().crowded = !queue_.empty();
  const auto run = [&](Event_Mask direction, std::uint8_t bits, auto hook) {
    if ((ready & bits) == 0) return;
    Handler_Slot* slot = core_.table.find(token);
    if (slot == nullptr || !any(slot->effective() & direction)) return;
    Event_Handler& handler = *slot->handler;
    const Free free{*this};
    core_.active().ready = ready;
    core_.run_upcall(token, handler, hook);
  };
  const auto output = [](Event_Handler& h) { return h.handle_output(); };
  run(Event_Mask::input, Ready::input | Ready::read_end | ends, [](Event_Handler& h) { return h.handle_input(); });
  run(Event_Mask::output, Ready::output | ends, output);
  Handler_Slot* slot = flush ? core_.table.find(token) : nullptr;
  if (slot == nullptr) return;
  Event_Handler& handler = *slot->handler;
  const Free free{*this};
  core_.active().ready = 0;
  core_.run_upcall(token, handler, output);
}

/// An upcall is over: closes who was closed meanwhile, or lets the next come.
void Upcall_Pool::finish(std::uint32_t index, std::uint64_t token) noexcept {
  Actor& actor = actors_[index];
  if (actor.is(Actor::apart) && core_.table.find(token) != nullptr) put_back(index, token);
  --busy_;
  actor.unset(Actor::busy | Actor::held);
  if (core_.table.find(token) == nullptr) {
    actor.unset(Actor::apart);
    (void)end_first([token](const Reactor_Core::Closing& one) { return one.token == token; });
  } else if (actor.waits()) {
    const bool flush_alone = actor.ready == 0 && actor.mail.empty();
    if (flush_alone && (over_ || until_ != Run_Until::stop)) {
      later_.push_back(index);
    } else {
      enqueue(index, actor);
    }
  }
  tell_calm();
}

/// The strand of the reactor's own: what posts and timers call back, its handlers' events, its closed.
void Upcall_Pool::run_common(Worker& me) noexcept {
  common_.unset(Actor::queued);
  common_.set(Actor::busy);
  ++busy_;
  me.mail = common_.mail.take();
  run_mail(me.mail);
  common_running_.swap(common_ready_);
  run_common_handlers();
  common_running_.clear();
  close_common();
  --busy_;
  common_.unset(Actor::busy);
  const bool closing = std::ranges::any_of(core_.closing(), &Reactor_Core::Closing::common);
  if (!common_.mail.empty() || !common_ready_.empty() || closing) enqueue_common();
  tell_calm();
}

void Upcall_Pool::run_common_handlers() noexcept {
  for (std::size_t i = 0; i < common_running_.size(); ++i) {  // an adopt in the loop may move the list
    const std::uint64_t token = common_running_[i];
    const auto index = static_cast<std::uint32_t>(token);
    if (core_.table.find(token) == nullptr) continue;
    Actor& actor = actors_[index];
    const std::uint8_t ready = std::exchange(actor.ready, std::uint8_t{0});
    const bool flush = actor.is(Actor::flush);
    actor.unset(Actor::flush | Actor::listed);
    run_events(token, ready, flush);
    if (core_.table.find(token) != nullptr && actor.is(Actor::apart)) put_back(index, token);
  }
}

/// Handlers of the strand that were closed until now. One whose Registration goes meanwhile is out of the list by then.
void Upcall_Pool::close_common() noexcept {
  for (std::size_t left = core_.closing().size(); left > 0 && end_first(&Reactor_Core::Closing::common); --left) {
  }
}

/// Ends one that was closed while no upcall of it ran.
bool Upcall_Pool::close_next() noexcept {
  ++busy_;
  const bool ended = end_first([](const Reactor_Core::Closing& one) { return !one.common && !one.busy; });
  --busy_;
  if (ended) tell_calm();
  return ended;
}

/// False where no closed handler is such.
template <class Such>
bool Upcall_Pool::end_first(Such such) noexcept {
  auto& all = core_.closing();
  const auto found = std::ranges::find_if(all, such);
  if (found == all.end()) return false;
  const Reactor_Core::Closing closing = std::exchange(*found, all.back());
  all.pop_back();
  {
    const Upcall_Of of{closing.common ? 0 : closing.token};
    const Upcall_Mark mark{core_.active(), *closing.handler, core_.metrics.upcall_time};  // until the monitor is held
    const Free free{*this};
    core_.active().now_known = false;
    closing.handler->handle_close(closing.reason);
    if (closing.owned) Reactor_Core::release(closing.handler);
  }
  core_.table.recycle(static_cast<std::uint32_t>(closing.token));
  return true;
}

/// Nobody finds it any more, but a thread may be in its upcall.
void Upcall_Pool::close(std::uint32_t index) noexcept {
  Actor& actor = actors_[index];
  auto& closing = core_.closing().back();
  closing.busy = actor.is(Actor::busy);
  actor.ready = 0;
  actor.unset(Actor::flush);
  while (Mail* mail = actor.mail.pop()) dropped_.push(*mail);
  if (closing.common) {
    actor.unset(Actor::listed);
    enqueue_common();
  }
  if (dispatch_ == Dispatch::worker_pool && here.context == workers_.front().context.get()) wake_one();
}

void Upcall_Pool::forget(std::uint32_t index) noexcept {
  actors_[index].ready = 0;
  actors_[index].unset(Actor::flush | Actor::listed | Actor::apart);
}

/// Nobody's upcall: none of theirs can run any more.
void Upcall_Pool::free_returned() noexcept {
  const Upcall_Of of{Reactor_Core::alarm_token};  // no handler's, nor the strand's
  const Free free{*this};
  core_.free_returned();
}

/// Captures die when the monitor is free.
void Upcall_Pool::drop(Mail& mail) noexcept {
  {
    const Code_Mark mark{core_.active(), code_of(mail)};
    const Free free{*this};
    if (mail.timer) core_.timers->cancel(mail.timer);
    mail.callback.clear();
  }
  office_.take_back(mail);
}

Result<> Upcall_Pool::invoke(std::uint64_t token, Reactor::Hook hook, bool may_run) {
  Handler_Slot* slot = core_.table.find(token);
  if (slot == nullptr) return fail(std::errc::identifier_removed);
  const auto index = static_cast<std::uint32_t>(token);
  const bool common = slot->has(Handler_Slot::common);
  const std::uint64_t strand = common ? 0 : token;
  const bool inside = here.core != &core_ || here.token == strand;  // outside of a run all is home
  if (may_run && (inside || (!common && !actors_[index].is(Actor::busy)))) {
    const bool enters = here.core == &core_ && !inside;
    if (enters) actors_[index].set(Actor::busy), ++busy_;
    {
      const Upcall_Of of{strand};
      Event_Handler& handler = *slot->handler;
      const Free free{*this};
      core_.run_hook(token, handler, hook, nullptr, 0);
    }
    if (enters) finish(index, token);
    return {};
  }
  Mail* mail = office_.make();
  if (mail == nullptr) return fail(std::errc::not_enough_memory);
  mail->token = token;
  mail->hook = hook;
  (void)address(*mail);  // found above
  return {};
}

Result<> Upcall_Pool::begin(std::uint64_t token, Reactor::Hook hook, void* argument, std::uint8_t ready) noexcept {
  assert(actors_[static_cast<std::uint32_t>(token)].is(Actor::held));
  Handler_Slot* slot = core_.table.find(token);
  if (slot != nullptr) {
    const Upcall_Of of{token};
    Event_Handler& handler = *slot->handler;
    const Free free{*this};
    core_.run_hook(token, handler, hook, argument, ready);
  }
  finish(static_cast<std::uint32_t>(token), token);
  return slot == nullptr ? fail(std::errc::identifier_removed) : Result<>{};
}

}  // namespace v1
}  // namespace strata
