// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Proactor.h>

#include <cstdio>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

#include <strata/os/Completion_Port.h>

#include "Proactor_Core.h"

namespace strata {
inline namespace v1 {

namespace {

/// From one room to the next: else all would begin in the same few sets of the caches.
constexpr std::size_t lent_room = Proactor::lent_size + 128;

}  // namespace

Proactor_Core::~Proactor_Core() {
  os::Completion_Port* const port = home.completion_port();
  if (port != nullptr && registered_.block_size() != 0) port->register_memory({});
  while (free_ != nullptr) delete std::exchange(free_, free_->next_one);
}

Asynch_Operation* Proactor_Core::make(Asynch_Operation::Kind kind) noexcept {
  const std::lock_guard held{monitor_};
  Asynch_Operation* one = free_;
  if (one != nullptr) {
    free_ = std::exchange(one->next_one, nullptr);
    --free_count_;
  } else if ((one = new (std::nothrow) Asynch_Operation) == nullptr) {
    return nullptr;
  }
  one->id = ++last_id_;
  one->kind = kind;
  return one;
}

void Proactor_Core::take_back(Asynch_Operation* operation) noexcept {
  operation->deadline = Timer{};
  operation->block.clear();
  operation->made.reset();
  operation->rare.reset();
  operation->place = operation->moved = operation->charged = operation->carried = 0;
  operation->error = operation->asked = {};
  operation->polled = operation->told = operation->full = operation->connecting = false;
  operation->begun = operation->finished = operation->lends = operation->idle = false;
  operation->away = false;  // it is still set where the handler was closed before the engine gave it back
  operation->ending = 0;
  const std::lock_guard held{monitor_};
  if (free_count_ == most_free) return delete operation;
  ++free_count_;
  operation->next_one = std::exchange(free_, operation);
}

Result<> Proactor_Core::start_files() noexcept {
  if (files_ != nullptr) return {};
  Result<std::unique_ptr<Thread_Pool>> opened = Thread_Pool::open({.threads = file_threads_, .name = "files"});
  if (!opened) return fail(opened.error());
  if (const Result<> begun = (*opened)->start(); !begun) return begun;
  files_ = std::move(*opened);
  return {};
}

Result<> Proactor_Core::give_to_files(Asynch_Operation& operation) noexcept {
  const std::lock_guard held{monitor_};
  if (const Result<> ready = start_files(); !ready) return ready;
  if (working_ < file_threads_) {
    const Result<> posted = files_->post([this] { work(); });
    if (posted) ++working_;
    if (working_ == 0) return posted;
  }
  operation.next_waiting = nullptr;
  operation.waiting_before = last_waiting_;
  (last_waiting_ == nullptr ? waiting_ : last_waiting_->next_waiting) = &operation;
  last_waiting_ = &operation;
  operation.waiting = true;
  return {};
}

bool Proactor_Core::take_from_files(Asynch_Operation& operation) noexcept {
  const std::lock_guard held{monitor_};
  if (!operation.waiting) return false;
  end_waiting(operation);
  return true;
}

void Proactor_Core::end_waiting(Asynch_Operation& one) noexcept {
  (one.waiting_before == nullptr ? waiting_ : one.waiting_before->next_waiting) = one.next_waiting;
  (one.next_waiting == nullptr ? last_waiting_ : one.next_waiting->waiting_before) = one.waiting_before;
  one.waiting = false;
}

Asynch_Operation* Proactor_Core::next_waiting() noexcept {
  const std::lock_guard held{monitor_};
  Asynch_Operation* const one = waiting_;
  if (one == nullptr) {
    --working_;
  } else {
    end_waiting(*one);
  }
  return one;
}

void Proactor_Core::work() noexcept {
  while (Asynch_Operation* const one = next_waiting()) one->do_on_a_thread();
}

void Proactor_Core::end_file_threads() noexcept {
  if (files_ != nullptr) files_->stop();
}

Result<> Proactor_Core::open_lending() noexcept {
  const std::lock_guard held{monitor_};
  if (lends_) return {};
  Result<Block_Pool> made = Block_Pool::make(lent_at_once, lent_room);
  if (!made) return fail(made.error());
  lent_ = std::move(*made);
  ring_lends_ = on_ring && home.completion_port()->lend_buffers();  // else it tells of readiness
  lends_ = true;
  return {};
}

Result<Message_Block> Proactor_Core::lend() noexcept {
  const std::lock_guard held{monitor_};
  return lent_.take();
}

Result<Message_Block> Proactor_Core::registered_block() noexcept {
  const std::lock_guard held{monitor_};
  if (registered_.block_size() == 0) {
    Result<Block_Pool> made = Block_Pool::make(registered, Proactor::registered_size);
    if (!made) return fail(made.error());
    registered_ = std::move(*made);
    if (on_ring) home.completion_port()->register_memory(registered_.memory());
  }
  return registered_.take();
}

Result<std::unique_ptr<Proactor>> Proactor::open(Reactor& reactor, const Proactor_Options& options) try {
  const bool has_ring = reactor.completion_port() != nullptr;
  if (options.engine == Proactor_Engine::io_uring && !has_ring) return fail(std::errc::not_supported);
  const bool on_ring = has_ring && options.engine != Proactor_Engine::emulated;
  auto core = std::make_unique<Proactor_Core>(reactor, on_ring, options.file_threads);
  return std::unique_ptr<Proactor>{new Proactor{std::move(core)}};
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Proactor::Proactor(std::unique_ptr<Proactor_Core> core) noexcept : core_(std::move(core)) {}

Proactor::~Proactor() {
  end();
  if (core_->handlers == 0) return;
  // They would use what is freed now, whenever their reactor comes to them.
  std::fputs("strata: a Proactor was destroyed before the end of its reactor, which has handlers of it\n", stderr);
  std::terminate();
}

void Proactor::end() noexcept {
  core_->end_file_threads();
  if (core_->home.ended()) core_->home.end(errc::stopping);  // frees what these have given back since
}

Result<Handler_Ref> Proactor::adopt(std::unique_ptr<Service_Handler> handler, os::Unique_Handle handle) {
  return adopt(std::move(handler), std::move(handle), false);
}

Result<Handler_Ref> Proactor::adopt_file(std::unique_ptr<Service_Handler> handler, os::Unique_Handle handle) {
  return adopt(std::move(handler), std::move(handle), true);
}

Result<Handler_Ref> Proactor::adopt(std::unique_ptr<Service_Handler> handler, os::Unique_Handle handle, bool file) {
  if (const Result<> taken = take(*handler); !taken) return fail(taken.error());
  handler->handle_ = std::move(handle);
  handler->file_ = file;
  handler->ref_ = Handler_Ref{core_->home, 0};
  return start(std::move(handler));
}

/// It counts from here on as one of this, and is adopted later.
Result<> Proactor::take(Service_Handler& handler) noexcept {
  handler.kept_.reset(new (std::nothrow) Reactor::Returned);
  if (handler.kept_ == nullptr) return fail(std::errc::not_enough_memory);
  handler.proactor_ = this;
  core_->handlers.fetch_add(1);
  return {};
}

Result<Handler_Ref> Proactor::start(std::unique_ptr<Service_Handler> handler) {
  Service_Handler& one = *handler;
  const Result<Handler_Ref> ref = core_->home.adopt(
      std::move(handler), Event_Mask::none,
      {.group = one.of_a_service() ? one.service().group() : 0, .held = true, .when_wanted = true,
       .by_operations = one.file_ || core_->on_ring});
  if (!ref) return ref;
  const Result<Handler_Ref> begun = one.began(*ref);
  const auto open = [](Event_Handler& e, void*) -> Result<> {
    auto& opened = static_cast<Service_Handler&>(e);
    if (const Result<> done = opened.open(); !done) opened.close(done.error());
    return {};
  };
  (void)core_->home.begin(*ref, open);
  return begun;
}

Result<Message_Block> Proactor::registered_block() noexcept { return core_->registered_block(); }

Reactor& Proactor::reactor() const noexcept { return core_->home; }

const char* Proactor::engine() const noexcept { return core_->on_ring ? "io_uring" : "emulated"; }

std::size_t Proactor::started() const noexcept { return core_->started.load(); }

std::size_t Proactor::completed() const noexcept { return core_->completed.load(); }

}  // namespace v1
}  // namespace strata
