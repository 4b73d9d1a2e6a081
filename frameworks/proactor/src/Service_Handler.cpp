// SPDX-License-Identifier: Apache-2.0
// Starts and ends of operations; Service_Transfer.cpp has how an engine does them.
#include <strata/proactor/Service_Handler.h>

#include <mutex>
#include <new>
#include <utility>

#include "Asynch_Operation.h"
#include "Proactor_Core.h"

namespace strata {
inline namespace v1 {

using Kind = Asynch_Operation::Kind;

namespace {

constexpr int told_at_once = 16;  // completions in one upcall, so that no other handler waits

}  // namespace

void Service_Handler::List::push(Asynch_Operation& one) noexcept {
  one.next_one = nullptr;
  (last_ == nullptr ? first_ : last_->next_one) = &one;
  last_ = &one;
}

Asynch_Operation* Service_Handler::List::pop() noexcept {
  Asynch_Operation* const one = first_;
  if (one == nullptr) return nullptr;
  first_ = one->next_one;
  if (first_ == nullptr) last_ = nullptr;
  return one;
}

bool Service_Handler::List::remove(Asynch_Operation& one) noexcept {
  Asynch_Operation* before = nullptr;
  for (Asynch_Operation* each = first_; each != nullptr; before = each, each = each->next_one) {
    if (each != &one) continue;
    (before == nullptr ? first_ : before->next_one) = one.next_one;
    if (last_ == &one) last_ = before;
    return true;
  }
  return false;
}

Service_Handler::~Service_Handler() {
  if (proactor_ == nullptr) return;
  Proactor_Core& core = *proactor_->core_;
  for (List* const list : {&queues_[in], &queues_[out], &completed_}) {
    while (Asynch_Operation* const one = list->pop()) {
      core.completed.fetch_add(1, std::memory_order_relaxed);
      core.take_back(one);
    }
  }
  core.handlers.fetch_sub(1);
}

Result<> Service_Handler::handle_failure(Completed failed) {
  return failed.error == errc::canceled ? Result<>{} : fail(failed.error);
}

// --- Starts ---

Result<> Service_Handler::start(Asynch_Operation* operation, Operation_Options options) {
  if (operation == nullptr) return fail(std::errc::not_enough_memory);
  Proactor_Core& core = *proactor_->core_;
  if (closing_) {
    core.take_back(operation);
    return fail(std::errc::broken_pipe);
  }
  const Operation name{operation->id};
  if (options.deadline > Duration::zero()) {
    operation->deadline = home().schedule(ref_, options.deadline, [this, name] {
      end_those([name](const Asynch_Operation& one) { return one.id == name.id; },
                std::make_error_code(std::errc::timed_out));
    });
    if (!operation->deadline.active()) {
      core.take_back(operation);
      return fail(std::errc::not_enough_memory);
    }
  }
  if (options.started != nullptr) *options.started = name;
  core.started.fetch_add(1, std::memory_order_relaxed);
  ++outstanding_;
  operation->owner = this;
  const Direction direction = operation->sends() ? out : in;
  const bool first = queues_[direction].empty();
  queues_[direction].push(*operation);
  if (first) run(direction, !operation->of_a_file() && (operation->kind != Kind::read || !drained_));
  tell_later();
  return {};
}

namespace {

/// Gives a new operation its buffer, and its place in a file. Null: memory is out.
Asynch_Operation* made_with(Asynch_Operation* one, Message_Block&& block, std::uint64_t place) noexcept {
  if (one == nullptr) return nullptr;
  one->block = std::move(block);
  one->place = place;
  return one;
}

}  // namespace

Result<> Service_Handler::read(std::size_t most, Operation_Options options) {
  Result<Message_Block> made = Message_Block::make(most);
  return made ? read(std::move(*made), options) : fail(made.error());
}

Result<> Service_Handler::read(Message_Block&& into, Operation_Options options) {
  if (into.writable().empty()) return fail(std::errc::invalid_argument);
  return start(made_with(proactor_->core_->make(Kind::read), std::move(into), 0), options);
}

Result<> Service_Handler::write(Message_Block&& message, Operation_Options options) {
  return start(made_with(proactor_->core_->make(Kind::write), std::move(message), 0), options);
}

Result<> Service_Handler::accept(Operation_Options options) {
  return start(proactor_->core_->make(Kind::accept), options);
}

Result<> Service_Handler::connect(const os::Socket_Address& peer, Operation_Options options) {
  Asynch_Operation* const one = proactor_->core_->make(Kind::connect);
  if (one != nullptr) one->peer = peer;
  return start(one, options);
}

Result<> Service_Handler::read_at(Message_Block&& into, std::uint64_t offset, Operation_Options options) {
  if (into.writable().empty()) return fail(std::errc::invalid_argument);
  return start(made_with(proactor_->core_->make(Kind::read_at), std::move(into), offset), options);
}

Result<> Service_Handler::write_at(Message_Block&& bytes, std::uint64_t offset, Operation_Options options) {
  return start(made_with(proactor_->core_->make(Kind::write_at), std::move(bytes), offset), options);
}

Result<> Service_Handler::sync(Operation_Options options) {
  return start(proactor_->core_->make(Kind::sync), options);
}

// --- Ends ---

/// One that is under way comes back from the engine, a turn later; others end here.
template <class Such>
void Service_Handler::end_those(Such such, std::error_code why) noexcept {
  for (const Direction direction : {in, out}) {
    Asynch_Operation* next = nullptr;
    for (Asynch_Operation* one = queues_[direction].front(); one != nullptr; one = next) {
      next = one->next_one;
      if (!such(*one) || one->asked) continue;
      one->asked = why;
      if (one->away) {
        if (proactor_->core_->on_ring) home().cancel(*one);
      } else if (one->begun) {
        one->ending = 2;
        (void)home().flush_later(ref_);
      } else {
        one->error = why;
        finish(*one);
      }
    }
  }
  tell_later();
}

void Service_Handler::cancel(Operation operation) noexcept {
  end_those([=](const Asynch_Operation& one) { return one.id == operation.id; }, errc::canceled);
}

void Service_Handler::cancel_all() noexcept {
  end_those([](const Asynch_Operation&) { return true; }, errc::canceled);
}

void Service_Handler::close(std::error_code reason) noexcept {
  if (closing_) return;
  closing_ = true;
  reason_ = reason;
  cancel_all();
  close_when_empty();
}

void Service_Handler::close_when_empty() noexcept {
  if (closing_ && outstanding_ == 0) (void)home().close(ref_, reason_);  // stale: it has
}

/// The engine may have operations of it yet: this then lives until it has given them back.
void Service_Handler::handle_release(std::unique_ptr<Event_Handler> self) noexcept {
  for (const Direction direction : {in, out}) {
    Asynch_Operation* const one = queues_[direction].front();
    if (one != nullptr && one->away && proactor_->core_->on_ring) home().cancel(*one);
  }
  const std::lock_guard held{monitor_};
  gone_ = true;
  if (away_ != 0) kept_->handler = std::move(self);
}

// --- What is told ---

void Service_Handler::finish(Asynch_Operation& operation) noexcept {
  (void)queues_[operation.sends() ? out : in].remove(operation);
  if (operation.kind == Kind::connect) connecting_ = false;
  operation.deadline = Timer{};
  ++untold_[operation.sends() ? out : in];
  completed_.push(operation);
}

void Service_Handler::end_taken_back() noexcept {
  for (const Direction direction : {in, out}) {
    Asynch_Operation* const one = queues_[direction].front();
    if (one == nullptr || one->ending == 0) continue;
    if (--one->ending != 0) {
      (void)home().flush_later(ref_);
    } else {
      one->error = one->asked;
      finish(*one);
    }
  }
}

void Service_Handler::tell_later() noexcept {
  if (!completed_.empty()) (void)home().flush_later(ref_);
}

Result<> Service_Handler::deliver() {
  for (int i = 0; i < told_at_once; ++i) {
    Asynch_Operation* const one = completed_.pop();
    if (one == nullptr) break;
    const Direction direction = one->sends() ? out : in;
    --untold_[direction];
    if (const Result<> done = tell(*one); !done) close(done.error());
    run(direction, true);
  }
  tell_later();
  close_when_empty();
  return {};
}

Result<> Service_Handler::tell(Asynch_Operation& operation) {
  Proactor_Core& core = *proactor_->core_;
  Completed completed{Operation{operation.id}, operation.error, operation.moved, std::move(operation.block),
                      std::move(operation.accepted)};
  const Kind kind = operation.kind;
  core.take_back(&operation);
  core.completed.fetch_add(1, std::memory_order_relaxed);
  --outstanding_;
  if (completed.error) return handle_failure(std::move(completed));
  switch (kind) {
    case Kind::read:
    case Kind::read_at: return handle_read(std::move(completed));
    case Kind::write:
    case Kind::write_at: return handle_write(std::move(completed));
    case Kind::accept: return handle_accept(std::move(completed));
    case Kind::connect: return handle_connect(std::move(completed));
    case Kind::sync: return handle_sync(std::move(completed));
  }
  return {};
}

}  // namespace v1
}  // namespace strata
