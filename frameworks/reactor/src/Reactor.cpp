// SPDX-License-Identifier: Apache-2.0
#include <strata/reactor/Reactor.h>

#include <cassert>
#include <new>
#include <utility>

#include "Reactor_Core.h"

namespace strata {
inline namespace v1 {

Result<std::unique_ptr<Reactor>> Reactor::open(const Reactor_Options& options) {
  Result<std::unique_ptr<Reactor_Core>> core = Reactor_Core::open(options);
  if (!core) return fail(core.error());
  std::unique_ptr<Reactor> reactor{new (std::nothrow) Reactor{std::move(*core)}};
  if (!reactor) return fail(std::errc::not_enough_memory);
  return reactor;
}

Result<std::unique_ptr<Reactor>> Reactor::open() { return open(Reactor_Options{}); }

Reactor::Reactor(std::unique_ptr<Reactor_Core> core) noexcept : timers_(core->queue.get()), core_(std::move(core)) {
  core_->face = this;
}

Reactor::~Reactor() {
  assert(core_->at_home());
}

Result<Handler_Ref> Reactor::adopt(std::unique_ptr<Event_Handler> handler, Event_Mask interest, Adopt_Options options) {
  assert(core_->at_home());
  std::uint8_t flags = Handler_Slot::owned;
  if (options.descriptor == Descriptor::exclusive) flags |= Handler_Slot::exclusive;
  const Result<std::uint64_t> token = core_->add(*handler, interest, flags, options.group);
  if (!token) return fail(token.error());
  (void)handler.release();
  return Handler_Ref{*this, *token};
}

Result<Registration> Reactor::watch(Event_Handler& handler, Event_Mask interest) {
  assert(core_->at_home());
  const Result<std::uint64_t> token = core_->add(handler, interest, 0, 0);
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

Result<> Reactor::invoke(Handler_Ref ref, Result<> (*hook)(Event_Handler&, void*), void* argument,
                         std::uint8_t ready) {
  assert(core_->at_home());
  return core_->invoke(ref.token(), hook, argument, ready);
}

std::uint32_t Reactor::new_group() noexcept { return ++core_->groups; }

Event_Handler* Reactor::find(Handler_Ref ref) noexcept {
  Handler_Slot* slot = core_->table.find(ref.token());
  return slot == nullptr ? nullptr : slot->handler;
}

void Reactor::for_each(std::uint32_t group, void (*visit)(void*, Handler_Ref, Event_Handler&), void* context) {
  assert(core_->at_home());
  for (std::uint32_t i = 0; i < core_->table.used(); ++i) {
    const Handler_Slot& slot = core_->table.at(i);
    if (slot.handler != nullptr && slot.group == group) {
      visit(context, Handler_Ref{*this, core_->table.token(i)}, *slot.handler);
    }
  }
}

Timer Reactor::schedule(Duration after, Callback callback, Duration interval) {
  assert(core_->at_home());
  return core_->schedule(after, std::move(callback), interval);
}

Timer Reactor::schedule(Handler_Ref ref, Duration after, Duration interval) {
  assert(core_->at_home());
  if (core_->table.find(ref.token()) == nullptr) return {};
  return core_->schedule_timeout(ref.token(), after, interval);
}

Result<> Reactor::post(Callback callback) { return core_->post(0, std::move(callback)); }

Result<> Reactor::post(Handler_Ref ref, Callback callback) {
  if (ref.token() == 0) return fail(std::errc::identifier_removed);
  if (core_->running_here() && core_->table.find(ref.token()) == nullptr) return fail(std::errc::identifier_removed);
  return core_->post(ref.token(), std::move(callback));
}

Result<> Reactor::run() { return core_->run(Reactor_Core::Until::stop, Duration{-1}); }
Result<> Reactor::run_one() { return core_->run(Reactor_Core::Until::turn, Duration{-1}); }
Result<> Reactor::poll() { return core_->run(Reactor_Core::Until::turn, Duration::zero()); }
Result<> Reactor::run_for(Duration time) { return core_->run_for(time); }
void Reactor::stop() noexcept { core_->stop(); }

Time_Point Reactor::refresh_now() noexcept { return core_->refresh_now(); }
bool Reactor::at_home() const noexcept { return core_->at_home(); }
std::size_t Reactor::size() const noexcept { return core_->table.size(); }
const char* Reactor::demultiplexer() const noexcept { return core_->demultiplexer->name().data(); }
const Reactor::Counts& Reactor::counts() const noexcept { return core_->counts; }

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
