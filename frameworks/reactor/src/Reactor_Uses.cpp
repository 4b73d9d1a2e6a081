// SPDX-License-Identifier: Apache-2.0
#include <mutex>
#include <typeinfo>

#include <strata/os/Shared_Library.h>

#include "Reactor_Core.h"
#include "Upcall_Pool.h"

namespace strata {
inline namespace v1 {
namespace {

/// The class's type_info lies where its functions do.
bool is_of(const os::Shared_Library& binary, const Event_Handler* handler) noexcept {
  return handler != nullptr && binary.contains(&typeid(*handler));
}

}  // namespace

Reactor::Uses Reactor_Core::uses_of(const os::Shared_Library& binary) const {
  const Locked locked{*this};
  Reactor::Uses uses;
  for (std::uint32_t i = 0; i < table.used(); ++i) uses.handlers += is_of(binary, table.at(i).handler) ? 1 : 0;
  for (const std::vector<Closing>* list : {&closing_, &closed_}) {
    for (const Closing& one : *list) uses.handlers += is_of(binary, one.handler) ? 1 : 0;
  }
  timers->for_each_callback([&](const Callback& one) { uses.timers += binary.contains(one.origin()) ? 1 : 0; });
  posts_->for_each([&](const Callback& one) { uses.posts += binary.contains(one.origin()) ? 1 : 0; });
  for (const Run_Context* one : contexts) {  // also what a pool's other threads run now, and was closed meanwhile
    const void* code = one->running.load(std::memory_order_relaxed);
    uses.handlers += code != nullptr && binary.contains(code) ? 1 : 0;
  }
  {
    const std::lock_guard held{kept_monitor_};
    for (const Reactor::Returned* one = kept_; one != nullptr; one = one->next) {
      uses.handlers += is_of(binary, one->handler.get()) ? 1 : 0;
    }
    // Whose these are is not looked at: they are gone in a moment.
    uses.handlers += has_returned() || freeing_.load() != 0 ? 1 : 0;
  }
  uses.timers += timers->freeing() ? 1 : 0;
  if (pool != nullptr) {
    pool->for_each_mail([&](const Mail& one) { uses.posts += binary.contains(one.callback.origin()) ? 1 : 0; });
  }
  return uses;
}

Reactor::Uses Reactor::uses_of(const os::Shared_Library& binary) const { return core_->uses_of(binary); }

}  // namespace v1
}  // namespace strata
