// SPDX-License-Identifier: Apache-2.0
// How an engine does the operations of a handler: a ring, threads of files, or the emulation on readiness.
#include <strata/proactor/Service_Handler.h>

#include <chrono>
#include <utility>

#include "Asynch_Operation.h"
#include "Proactor_Core.h"
#include "Raw_Result.h"

namespace strata {
inline namespace v1 {

using Kind = Operation_Kind;
using Way = Asynch_Operation::Way;

namespace {

constexpr Duration until_next_connect = std::chrono::milliseconds{5};

}  // namespace

/// Has the first of a direction done, once the one before it was told of: its hook may cancel this one. `tries`: it may
/// succeed now.
void Service_Handler::run(Direction direction, bool tries) noexcept {
  if (direction == aside || untold_[direction] != 0) return;
  Asynch_Operation* const first = queues_[direction].front();
  if (first == nullptr || first->away) {
    if (any(interest_ & os::Interest::output)) update_interest();
    return;
  }
  if (first->ending != 0) return;
  first->begun = true;
  if (first->has_nothing_to_do()) return finish(*first);
  if (first->kind == Kind::send_file && std::exchange(first->told, false)) first->full = false;
  if (first->way() != Way::readiness) return give_away(*first);
  while (tries && transfer(*first) && untold_[direction] == 0) {
  }
  if (!first->finished) wait_for_readiness(*first);
}

/// Where it was asked to end the ring has told of readiness first.
void Service_Handler::wait_for_readiness(Asynch_Operation& operation) noexcept {
  if (!core().on_ring) return operation.is_turned_away() ? try_later(operation) : update_interest();
  if (!operation.asked) return give_to_ring(operation);
  operation.error = operation.asked;
  finish(operation);
}

void Service_Handler::try_later(Asynch_Operation& operation) noexcept {
  update_interest();
  if (operation.make_rare()) {
    operation.rare->retry = home().schedule(ref_, until_next_connect, [this] {
      run(out, true);
      (void)deliver();
    });
    if (operation.rare->retry.active()) return;
  }
  operation.error = std::make_error_code(std::errc::not_enough_memory);
  finish(operation);
}

void Service_Handler::give_away(Asynch_Operation& operation) noexcept {
  if (operation.way() == Way::ring) return give_to_ring(operation);
  give_to_thread(operation);
}

void Service_Handler::count_away() noexcept {
  const Guard held{*this};
  ++away_;
}

void Service_Handler::give_to_ring(Asynch_Operation& operation) noexcept {
  if (!operation.describe()) {
    operation.error = std::make_error_code(std::errc::not_enough_memory);
    return finish(operation);
  }
  operation.away = true;
  count_away();
  home().submit(operation);
}

void Service_Handler::give_to_thread(Asynch_Operation& operation) noexcept {
  uses_threads_.store(true, std::memory_order_relaxed);
  operation.away = true;
  count_away();
  const Result<> given = core().files.give(operation);
  if (given) return;
  {
    const Guard held{*this};
    --away_;
  }
  operation.away = false;
  operation.error = given.error();
  finish(operation);
}

/// Before it has begun. A close that was told of early would be done in the loop, and may block.
bool Service_Handler::take_from_thread(Asynch_Operation& operation) noexcept {
  if (operation.kind == Kind::close || !core().files.take_back(operation)) return false;
  operation.away = false;
  const Guard held{*this};
  --away_;
  return true;
}

/// From the engine, in the loop or in a thread of files. This may be gone when it returns.
void Service_Handler::arrived(Asynch_Operation& operation, std::int32_t result, bool in_the_loop) noexcept {
  Handler_Ref ref;
  std::unique_ptr<Reactor::Returned> back;
  {
    const Guard held{*this};
    ref = ref_;
    operation.result = result;
    operation.next_arrived = nullptr;
    (last_arrived_ == nullptr ? arrived_ : last_arrived_->next_arrived) = &operation;
    last_arrived_ = &operation;
    --away_;
    if (gone_ && away_ == 0) back = std::move(kept_);
  }
  Reactor& home = *ref.reactor();
  if (back != nullptr) return home.give_back(std::move(back));
  if (in_the_loop) {
    const auto hook = [](Event_Handler& e, void*) { return static_cast<Service_Handler&>(e).take_up(); };
    const Result<> told = home.invoke(ref, hook);
    if (!told && told.error() != std::errc::identifier_removed) (void)home.close(ref, told.error());
  } else {
    (void)home.post_when_room(ref, [this] { (void)take_up(); });  // refused: it has ended, and its handlers with it
  }
}

Result<> Service_Handler::take_up() {
  Asynch_Operation* next = nullptr;
  {
    const Guard held{*this};
    next = std::exchange(arrived_, nullptr);
    last_arrived_ = nullptr;
  }
  while (next != nullptr) take_up(*std::exchange(next, next->next_arrived));
  return deliver();
}

/// It was asked to end for want of bytes: some may have come meanwhile, though a ring has taken it back.
void Service_Handler::look_once_more(Asynch_Operation& one) noexcept {
  if (one.kind == Kind::poll_input) return;
  const std::int32_t result = one.polled ? 0 : one.try_now();
  if (result != raw_would_block) one.result = result;
}

void Service_Handler::take_up(Asynch_Operation& one) noexcept {
  one.away = false;
  if (one.lent) one.take_lent();
  if (one.idle && one.result == raw_canceled) look_once_more(one);
  if (std::exchange(one.polled, false) && one.result >= 0) {
    one.told = true;
  } else if (one.kind == Kind::connect && one.result == raw_would_block && !one.asked) {
    return try_later(one);  // by a local listener whose queue is full: a ring may say so, too
  } else {
    settle(one, one.result);
  }
  if (one.direction != aside) return run(static_cast<Direction>(one.direction), true);
  if (!one.finished) give_away(one);
}

/// What it has come to: its end, or a part of it.
void Service_Handler::settle(Asynch_Operation& one, std::int32_t result) noexcept {
  if (one.kind == Kind::read && result >= 0) {
    drained_ = static_cast<std::size_t>(result) < (one.lends ? Proactor::lent_size : one.block.writable().size());
  }
  if (one.take(result)) return finish(one);
  if (of_a_service() && result > 0) touch();  // a part of it
}

/// On readiness: the emulation's third step. False: it would block.
bool Service_Handler::transfer(Asynch_Operation& one) noexcept {
  const std::int32_t result = one.kind == Kind::send_file ? raw_would_block : one.try_now();
  if (result == raw_would_block) return false;
  settle(one, result);
  return true;
}

/// Input stays wanted until that is told in vain: most often the next read has been started by then.
void Service_Handler::update_interest(bool told_in_vain) noexcept {
  if (core().on_ring || file_) return;
  const auto waits = [this](Direction direction) {
    const Asynch_Operation* const first = queues_[direction].front();
    return first != nullptr && !first->away && !first->is_turned_away();
  };
  os::Interest wanted = told_in_vain ? os::Interest::none : interest_ & os::Interest::input;
  if (waits(in)) wanted = wanted | os::Interest::input;
  if (waits(out)) wanted = wanted | os::Interest::output;
  if (wanted == interest_) return;
  interest_ = wanted;
  (void)home().set_interest(ref_, wanted);  // a failure has closed it
}

void Service_Handler::note_ready(Direction direction) noexcept {
  Asynch_Operation* const first = queues_[direction].front();
  if (first != nullptr && first->begun && !first->away) first->told = true;
}

Result<> Service_Handler::handle_input() {
  if (queues_[in].empty()) {
    update_interest(true);
  } else {
    note_ready(in);
    run(in, true);
  }
  return deliver();
}

/// Of a flush, too.
Result<> Service_Handler::handle_output() {
  if (stops_asked_.load(std::memory_order_relaxed)) [[unlikely]] end_stopped();
  if (!core().on_ring) {
    if ((home().ready() & (os::Ready::output | os::Ready::error | os::Ready::hangup)) != 0) note_ready(out);
    run(out, true);
  }
  end_taken_back();
  return deliver();
}

}  // namespace v1
}  // namespace strata
