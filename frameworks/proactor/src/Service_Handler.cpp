// SPDX-License-Identifier: Apache-2.0
// How operations start, end and are told of; Service_Starts.cpp has what can be started, Service_Transfer.cpp how an
// engine does it.
#include <strata/proactor/Service_Handler.h>

#include <new>
#include <utility>

#include <strata/proactor/Stop_Token.h>

#include "Asynch_Operation.h"
#include "Proactor_Core.h"
#include "Raw_Result.h"

namespace strata {
inline namespace v1 {

using Kind = Operation_Kind;

namespace {

constexpr int told_at_once = 16;  // completions in one upcall, so that no other handler waits

void drop_first(Datagrams& sent, std::size_t count) noexcept {
  sent.erase(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

void Service_Handler::List::push(Asynch_Operation& one) noexcept {
  one.next_one = nullptr;
  one.one_before = last_;
  (last_ == nullptr ? first_ : last_->next_one) = &one;
  last_ = &one;
}

Asynch_Operation* Service_Handler::List::pop() noexcept {
  Asynch_Operation* const one = first_;
  if (one != nullptr) remove(*one);
  return one;
}

void Service_Handler::List::remove(Asynch_Operation& one) noexcept {
  (one.one_before == nullptr ? first_ : one.one_before->next_one) = one.next_one;
  (one.next_one == nullptr ? last_ : one.next_one->one_before) = one.one_before;
}

Service_Handler::~Service_Handler() {
  if (proactor_ == nullptr) return;
  for (Asynch_Operation* one = arrived_; one != nullptr; one = one->next_arrived) {  // and nobody has taken it up
    if (one->kind == Kind::accept && one->result >= 0) os::close(os::Handle{one->result});
    if (one->lent) one->give_lent_back();
  }
  const auto drop = [this](List& list) {
    while (Asynch_Operation* const one = list.pop()) {
      core().completed.add();
      if (one->charged != 0) service().budget().release(one->charged);
      core().take_back(one);
    }
  };
  for (List& each : queues_) drop(each);
  drop(completed_);
  if (of_a_service()) log(Log_Level::debug, "closed");
  core().handlers.fetch_sub(1);
}

Result<> Service_Handler::handle_failure(Completed failed) {
  return failed.error == errc::canceled ? Result<>{} : fail(failed.error);
}

// --- Starts ---

Result<> Service_Handler::start(Asynch_Operation* operation, const Operation_Options& options) {
  if (operation == nullptr) return fail(std::errc::not_enough_memory);
  Result<> taken = closing_ ? fail(std::errc::broken_pipe) : limit(*operation, options);
  if (taken) taken = count_started(*operation);
  if (!taken) {
    core().take_back(operation);
    return taken;
  }
  if (options.started != nullptr) *options.started = Operation{operation->id};
  core().started.add();
  const Direction direction = options.parallel ? aside : direction_of(operation->kind);
  operation->direction = direction;
  const bool first = queues_[direction].empty();
  queues_[direction].push(*operation);
  if (direction == aside) {
    operation->begun = true;
    if (operation->kind != Kind::timer) give_away(*operation);
  } else if (first) {
    run(direction, operation->kind != Kind::read || !drained_);
  }
  tell_later();
  return {};
}

/// What may end it early.
Result<> Service_Handler::limit(Asynch_Operation& operation, const Operation_Options& options) {
  operation.owner = this;
  if (options.parallel && direction_of(operation.kind) != files) return fail(std::errc::invalid_argument);
  if (options.stop.box_ != nullptr && !operation.stop_by(options.stop.box_->token, ref_)) {
    return fail(std::errc::not_enough_memory);
  }
  if (options.deadline <= Duration::zero() && operation.kind != Kind::timer) return {};
  operation.deadline = home().schedule(ref_, options.deadline, [this, &operation] { expired(operation); });
  return operation.deadline.active() ? Result<>{} : fail(std::errc::not_enough_memory);
}

Service_Handler::Direction Service_Handler::direction_of(Operation_Kind kind) noexcept {
  if (kind == Kind::timer) return aside;
  if (kind >= Kind::read_at) return files;
  return kind >= Kind::write ? out : in;
}

// --- Ends ---

template <class Such>
void Service_Handler::end_those(Such such, std::error_code why) noexcept {
  for (const List& each : queues_) {
    Asynch_Operation* next = nullptr;
    for (Asynch_Operation* one = each.front(); one != nullptr; one = next) {
      next = one->next_one;
      if (!one->asked && such(*one)) end_one(*one, why);
    }
  }
  tell_later();
}

/// One that is under way comes back from the engine, a turn later; others end here, as do those that only wait for a
/// thread of files.
void Service_Handler::end_one(Asynch_Operation& one, std::error_code why) noexcept {
  one.asked = why;
  if (one.away && take_from_thread(one)) {
    one.error = why;
    finish(one);
  } else if (one.away) {
    if (core().on_ring) home().cancel(one);  // nothing happens to one that a thread has
  } else if (one.begun && one.direction != aside) {
    one.ending = 2;
    (void)home().flush_later(ref_);
  } else {
    one.error = why;
    finish(one);
  }
}

/// It has not finished: with that its deadline goes.
void Service_Handler::expired(Asynch_Operation& one) noexcept {
  if (one.kind == Kind::timer) {
    finish(one);
  } else if (!one.asked) {
    end_one(one, std::make_error_code(std::errc::timed_out));
  }
  tell_later();
}

void Service_Handler::cancel(Operation operation) noexcept {
  end_those([=](const Asynch_Operation& one) { return one.id == operation.id; }, errc::canceled);
}

void Service_Handler::cancel_all() noexcept {
  end_those([](const Asynch_Operation&) { return true; }, errc::canceled);
}

void Service_Handler::cancel_as_idle() noexcept {
  end_those([](Asynch_Operation& one) { return one.idle = true; }, errc::canceled);
}

/// Those whose stop_token has asked for it.
void Service_Handler::end_stopped() noexcept {
  (void)stops_asked_.exchange(false, std::memory_order_acq_rel);
  end_those([](const Asynch_Operation& one) { return one.is_to_stop(); }, errc::canceled);
}

void Service_Handler::close(std::error_code reason) noexcept {
  if (closing_) return;
  closing_ = true;
  reason_ = reason;
  cancel_all();
  close_when_empty();
}

void Service_Handler::close_when_empty() noexcept {
  if (ending_) end_when_idle();
  if (closing_ && outstanding_ == 0) (void)home().close(ref_, reason_);  // stale: it has
}

/// The engine may have operations of it yet: this then lives until it has given them back.
void Service_Handler::handle_release(std::unique_ptr<Event_Handler> self) noexcept {
  for (const List& each : queues_) {
    for (Asynch_Operation* one = each.front(); one != nullptr; one = one->next_one) {
      if (one->away && !take_from_thread(*one) && core().on_ring) home().cancel(*one);
    }
  }
  const Guard held{*this};
  gone_ = true;
  if (away_ != 0) home().keep(*kept_, std::move(self));
}

// --- What is told ---

void Service_Handler::finish(Asynch_Operation& operation) noexcept {
  queues_[operation.direction].remove(operation);
  operation.finished = true;
  if (operation.deadline.active()) operation.deadline = Timer{};
  ++untold_[operation.direction];
  completed_.push(operation);
}

void Service_Handler::end_taken_back() noexcept {
  for (const Direction direction : {in, out}) {
    Asynch_Operation* const one = queues_[direction].front();
    if (one == nullptr || one->ending == 0) continue;
    if (--one->ending != 0) {
      (void)home().flush_later(ref_);
    } else {
      one->result = raw_canceled;
      if (one->idle) look_once_more(*one);
      settle(*one, one->result);
    }
  }
}

void Service_Handler::tell_later() noexcept {
  if (!completed_.empty() && !delivering_) (void)home().flush_later(ref_);
}

Result<> Service_Handler::deliver() {
  delivering_ = true;
  for (int i = 0; i < told_at_once; ++i) {
    Asynch_Operation* const one = completed_.pop();
    if (one == nullptr) break;
    const auto direction = static_cast<Direction>(one->direction);
    --untold_[direction];
    if (const Result<> done = tell(*one); !done) close(done.error());
    run(direction, true);
  }
  delivering_ = false;
  tell_later();
  close_when_empty();
  return {};
}

/// What it has come to; the operation is free again.
Completed Service_Handler::take_result(Asynch_Operation& one) {
  Completed result{.operation = Operation{one.id},
                   .kind = one.kind,
                   .error = one.error,
                   .size = one.moved,
                   .block = std::move(one.block),
                   .handle = std::move(one.made),
                   .datagrams = {},
                   .pipe = {},
                   .status = {},
                   .exit = {}};
  if (Asynch_Operation::Rare* const rare = one.rare.get()) {
    result.datagrams = std::move(rare->datagrams);
    result.pipe = std::move(rare->pipe);
    result.status = rare->status;
    result.exit = rare->exit;
    result.more = rare->more;
    if (result.kind == Kind::send_datagrams) drop_first(result.datagrams, result.size);
  }
  count_completed(one);
  core().take_back(&one);
  core().completed.add();
  return result;
}

Result<> Service_Handler::tell(Asynch_Operation& one) {
  if (one.error) return handle_failure(take_result(one));
  switch (one.kind) {
    case Kind::read:
    case Kind::receive_datagrams:
    case Kind::read_pipe:
    case Kind::read_at: return handle_read(take_result(one));
    case Kind::write:
    case Kind::send_datagrams:
    case Kind::write_pipe:
    case Kind::send_file:
    case Kind::write_at: return handle_write(take_result(one));
    case Kind::accept: return handle_accept(take_result(one));
    case Kind::connect: return handle_connect(take_result(one));
    default: return handle_done(take_result(one));
  }
}

}  // namespace v1
}  // namespace strata
