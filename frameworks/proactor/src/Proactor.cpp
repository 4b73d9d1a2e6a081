// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Proactor.h>

#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "Proactor_Core.h"

namespace strata {
inline namespace v1 {

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
  core_->files.end();
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

std::size_t Proactor::started() const noexcept { return core_->started.value(); }

std::size_t Proactor::completed() const noexcept { return core_->completed.value(); }

}  // namespace v1
}  // namespace strata
