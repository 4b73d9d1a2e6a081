// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Reactor.h>

#include <cassert>
#include <chrono>
#include <new>
#include <utility>

#include <strata/os/Monitor.h>
#include <strata/reactor/Completion_Handler.h>

#include "Reactor_Core.h"
#include "Upcall_Pool.h"

namespace strata {
inline namespace v1 {

namespace {

constexpr Duration a_moment = std::chrono::milliseconds{1};

}  // namespace

Result<std::unique_ptr<Reactor>> Reactor::open(const Reactor_Options& options) {
  Result<std::unique_ptr<Reactor_Core>> core = Reactor_Core::open(options);
  if (!core) return fail(core.error());
  std::unique_ptr<Reactor> reactor{new (std::nothrow) Reactor{std::move(*core)}};
  if (!reactor) return fail(std::errc::not_enough_memory);
  return reactor;
}

Result<std::unique_ptr<Reactor>> Reactor::open() { return open(Reactor_Options{}); }

Reactor::Reactor(std::unique_ptr<Reactor_Core> core) noexcept
    : timers_(core->queue.get()), pooled_(core->pool != nullptr), core_(std::move(core)) {
  core_->face = this;
}

Reactor::~Reactor() {
  assert(core_->at_home());
}

Result<Handler_Ref> Reactor::adopt(std::unique_ptr<Event_Handler> handler, Event_Mask interest, Adopt_Options options) {
  assert(core_->at_home());
  std::uint8_t flags = Handler_Slot::owned;
  if (options.descriptor == Descriptor::exclusive) flags |= Handler_Slot::exclusive;
  if (options.strand == Strand_Of::reactor) flags |= Handler_Slot::common;
  if (options.wake_one) flags |= Handler_Slot::wake_one;
  if (options.when_wanted) flags |= Handler_Slot::when_wanted;
  if (options.by_operations) flags |= Handler_Slot::by_operations;
  const Result<std::uint64_t> token = core_->add(*handler, interest, flags, options.group, options.held);
  if (!token) return fail(token.error());
  (void)handler.release();
  return Handler_Ref{*this, *token};
}

Result<Registration> Reactor::watch(Event_Handler& handler, Event_Mask interest) {
  assert(core_->at_home());
  const Result<std::uint64_t> token = core_->add(handler, interest, Handler_Slot::common, 0);
  if (!token) return fail(token.error());
  return Registration{Handler_Ref{*this, *token}};
}

Result<> Reactor::set_interest(Handler_Ref ref, Event_Mask interest) {
  return core_->change(ref.token(), [=](Handler_Slot& slot) { slot.wanted = interest; });
}

Result<> Reactor::suspend(Handler_Ref ref, Suspension reason) {
  return core_->change(ref.token(), [=](Handler_Slot& slot) { slot.suspended |= static_cast<std::uint8_t>(reason); });
}

Result<> Reactor::resume(Handler_Ref ref, Suspension reason) {
  return core_->change(ref.token(), [=](Handler_Slot& slot) {
    slot.suspended &= static_cast<std::uint8_t>(~static_cast<unsigned>(reason));
  });
}

Result<> Reactor::close(Handler_Ref ref, std::error_code reason) {
  assert(core_->at_home());
  return core_->close(ref.token(), reason);
}

Result<> Reactor::flush_later(Handler_Ref ref) {
  assert(core_->at_home());
  return core_->flush_later(ref.token());
}

Result<> Reactor::invoke(Handler_Ref ref, Hook hook) {
  assert(core_->at_home());
  return core_->invoke(ref.token(), hook);
}

Result<> Reactor::begin(Handler_Ref ref, Hook hook, void* argument, std::uint8_t ready) {
  assert(core_->at_home());
  return core_->begin(ref.token(), hook, argument, ready);
}

os::Completion_Port* Reactor::completion_port() const noexcept { return core_->port; }

void Reactor::submit(Completion_Handler& operation) noexcept {
  assert(core_->at_home());
  const Reactor_Core::Locked locked{*core_};
  core_->port->submit(operation);
  core_->operations_changed();
}

void Reactor::cancel(Completion_Handler& operation) noexcept {
  assert(core_->at_home());
  const Reactor_Core::Locked locked{*core_};
  core_->port->cancel(operation);
  core_->operations_changed();
}

void Reactor::give_back(std::uint16_t buffer) noexcept {
  const Reactor_Core::Locked locked{*core_};
  if (core_->port->give_back(buffer)) core_->operations_changed();
}

void Reactor::tell_now(Completion_Handler& operation) noexcept {
  assert(core_->at_home());
  core_->tell_now(operation);
}

void Reactor::end_operations() noexcept { core_->end_operations(); }

std::uint32_t Reactor::new_group() noexcept { return Reactor_Core::new_group(); }

Event_Handler* Reactor::find(Handler_Ref ref) noexcept {
  const Reactor_Core::Locked locked{*core_};
  Handler_Slot* slot = core_->table.find(ref.token());
  return slot == nullptr ? nullptr : slot->handler;
}

void Reactor::for_each(std::uint32_t group, void (*visit)(void*, Handler_Ref, Event_Handler&), void* context) {
  assert(core_->at_home());
  for (std::uint32_t i = 0;; ++i) {
    Event_Handler* found = nullptr;
    std::uint64_t token = 0;
    {
      const Reactor_Core::Locked locked{*core_};
      while (i < core_->table.used() && !core_->table.at(i).is_of(group)) ++i;
      if (i >= core_->table.used()) return;
      found = core_->table.at(i).handler;
      token = core_->table.token(i);
    }
    visit(context, Handler_Ref{*this, token}, *found);
  }
}

Result<> Reactor::file(Timer_Node& node, Tick deadline, unsigned kind) noexcept {
  const Reactor_Core::Locked locked{*core_};
  const Result<> filed = timers_->schedule(node, deadline, kind);
  if (filed) core_->timer_filed(deadline);
  return filed;
}

void Reactor::refile_shared(Timer_Node& node, Tick deadline) noexcept {
  const Reactor_Core::Locked locked{*core_};
  if (!node.filed()) return;
  timers_->refresh(node, deadline);
  core_->timer_filed(deadline);
}

void Reactor::unfile(Timer_Node& node) noexcept {
  const Reactor_Core::Locked locked{*core_};
  if (node.filed()) timers_->cancel(node);
}

bool Reactor::filed(const Timer_Node& node) const noexcept {
  const Reactor_Core::Locked locked{*core_};
  return node.filed();
}

Timer Reactor::schedule(Duration after, Callback callback, Duration interval) {
  assert(core_->at_home());
  return core_->schedule(after, std::move(callback), interval);
}

Timer Reactor::schedule(Handler_Ref ref, Duration after, Callback callback, Duration interval) {
  assert(core_->at_home());
  if (find(ref) == nullptr) return {};
  return core_->schedule(after, std::move(callback), interval, ref.token());
}

Timer Reactor::schedule(Handler_Ref ref, Duration after, Duration interval) {
  assert(core_->at_home());
  if (find(ref) == nullptr) return {};
  return core_->schedule_timeout(ref.token(), after, interval);
}

Result<> Reactor::post(Callback callback) { return core_->post(0, std::move(callback)); }

Result<> Reactor::post_reserved(Callback callback) {
  return core_->post(0, std::move(callback), Post_Queue::Room::reserved);
}

Result<> Reactor::post_reserved(Handler_Ref ref, Callback callback) {
  if (ref.token() == 0) return fail(std::errc::identifier_removed);
  return core_->post(ref.token(), std::move(callback), Post_Queue::Room::reserved);
}

/// What keeps a post out passes: a queue that is full has its reactor awake, and gets its blocks back as it drains.
Result<> Reactor::post_when_room(Handler_Ref ref, Callback callback) {
  if (runs_here()) return fail(std::errc::resource_deadlock_would_occur);
  if (ref.token() == 0) return fail(std::errc::identifier_removed);
  while (callback) {
    const Result<> posted = core_->post(ref.token(), std::move(callback), Post_Queue::Room::patient);
    if (posted) return posted;
    const bool passes = posted.error() == std::errc::no_buffer_space || posted.error() == std::errc::not_enough_memory;
    if (!passes) return posted;
    if (core_->posts().is_closed()) return fail(errc::stopping);
    os::pause(a_moment);
  }
  return fail(std::errc::not_enough_memory);
}

Result<> Reactor::post(Handler_Ref ref, Callback callback) {
  if (ref.token() == 0) return fail(std::errc::identifier_removed);
  return core_->post(ref.token(), std::move(callback));
}

void Reactor::keep(Returned& room, std::unique_ptr<Event_Handler> self) noexcept { core_->keep(room, std::move(self)); }

void Reactor::give_back(std::unique_ptr<Returned> returned) noexcept { core_->give_back(std::move(returned)); }

Result<> Reactor::start_threads() { return core_->pool == nullptr ? Result<>{} : core_->pool->start_helpers(); }
Result<> Reactor::run() { return core_->run(Run_Until::stop, Duration{-1}); }
Result<> Reactor::run_one() { return core_->run(Run_Until::turn, Duration{-1}); }
Result<> Reactor::poll() { return core_->run(Run_Until::turn, Duration::zero()); }
Result<> Reactor::run_for(Duration time) { return core_->run(Run_Until::time, time); }
void Reactor::stop() noexcept { core_->stop(); }
void Reactor::end(std::error_code reason) noexcept {
  assert(core_->at_home() && !core_->running_here());
  core_->end(reason);
}
bool Reactor::ended() const noexcept { return core_->ended(); }

Time_Point Reactor::refresh_now() noexcept { return core_->refresh_now(); }
bool Reactor::at_home() const noexcept { return core_->at_home(); }
bool Reactor::runs_here() const noexcept { return core_->running_here(); }
std::size_t Reactor::size() const noexcept {
  const Reactor_Core::Locked locked{*core_};
  return core_->table.size();
}
const char* Reactor::demultiplexer() const noexcept { return core_->demultiplexer->name().data(); }
Reactor_Metrics& Reactor::metrics() const noexcept { return core_->metrics; }
std::span<Run_Context* const> Reactor::contexts() const noexcept { return core_->contexts; }
std::size_t Reactor::posts_waiting() const noexcept { return core_->posts().waiting(); }
std::size_t Reactor::upcalls_waiting() const noexcept {
  const Reactor_Core::Locked locked{*core_};
  return core_->pool == nullptr ? 0 : core_->pool->waiting();
}
std::uint64_t Reactor::upcalls() const noexcept {
  std::uint64_t all = 0;
  for (const Run_Context* one : core_->contexts) all += one->upcalls.load(std::memory_order_relaxed);
  return all;
}
Run_Context* Reactor::pool_context() const noexcept { return core_->running_here() ? here.context : nullptr; }
bool Reactor::in_upcall_of(std::uint64_t token) const noexcept {
  return core_->running_here() ? here.token == token : core_->at_home();
}

bool Reactor::in_upcall_of(Handler_Ref ref) const noexcept {
  if (!core_->running_here() || here.token != 0) return in_upcall_of(ref.token());
  const Reactor_Core::Locked locked{*core_};
  const Handler_Slot* slot = core_->table.find(ref.token());
  return slot != nullptr && slot->has(Handler_Slot::common);
}

Registration::Registration(Registration&& other) noexcept
    : ref_(std::exchange(other.ref_, {})) {}

Registration& Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    reset();
    ref_ = std::exchange(other.ref_, {});
  }
  return *this;
}

void Registration::reset() noexcept {
  if (!ref_) return;
  Reactor_Core& core = *ref_.reactor()->core_;
  assert(core.at_home());
  core.remove(ref_.token());
  ref_ = {};
}

}  // namespace v1
}  // namespace strata
