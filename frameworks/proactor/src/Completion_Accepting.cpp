// SPDX-License-Identifier: Apache-2.0
#include "Completion_Accepting.h"

#include <new>

#include <strata/os/Handle.h>

#include "Raw_Result.h"

namespace strata {
inline namespace v1 {

std::unique_ptr<Accepting> Completion_Accepting::make(Reactor& home, os::Handle listening) noexcept {
  std::unique_ptr<Operation> operation{new (std::nothrow) Operation{home, listening}};
  if (operation == nullptr) return nullptr;
  return std::unique_ptr<Accepting>{new (std::nothrow) Completion_Accepting{std::move(operation)}};
}

Completion_Accepting::~Completion_Accepting() {
  stop();
  if (!operation_->outstanding()) return;
  operation_->orphaned = true;
  (void)operation_.release();
}

void Completion_Accepting::start(Handler_Ref listener, Hook hook) noexcept {
  operation_->listener = listener;
  operation_->hook = hook;
  operation_->wanted = true;
  if (!operation_->outstanding()) operation_->home.submit(*operation_);
}

void Completion_Accepting::pause() noexcept {
  operation_->wanted = false;
  if (!operation_->outstanding()) return;
  operation_->stopping = true;
  operation_->home.cancel(*operation_);
}

void Completion_Accepting::stop() noexcept {
  pause();
  if (operation_->hook != nullptr) operation_->home.tell_now(*operation_);
}

void Completion_Accepting::Operation::handle_completion(const os::Ready& completion) noexcept {
  os::Unique_Handle connection;
  if (completion.result >= 0) connection.reset(os::Handle{completion.result});
  if (orphaned) {
    if (completion.is(os::Ready::last)) delete this;
    return;
  }
  if (completion.result >= 0) {
    tell(std::move(connection));
  } else if (completion.result != raw_canceled) {
    wanted = false;
    tell(fail(code_of(completion.result)));
  }
  if (!completion.is(os::Ready::last)) return;
  // Started again before it had ended; where nobody here has asked for that, the reactor ends.
  if (std::exchange(stopping, false) && wanted && !outstanding()) home.submit(*this);
}

/// A stale listener is closing: whoever comes yet is turned away with the others.
void Completion_Accepting::Operation::tell(Result<os::Unique_Handle> taken) noexcept {
  struct Told {
    Hook hook;
    Result<os::Unique_Handle> taken;
  };
  Told told{hook, std::move(taken)};
  const auto upcall = [](Event_Handler& to, void* what) -> Result<> {
    auto& one = *static_cast<Told*>(what);
    return one.hook(to, std::move(one.taken));
  };
  (void)home.begin(listener, upcall, &told);
}

}  // namespace v1
}  // namespace strata
