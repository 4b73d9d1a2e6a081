// SPDX-License-Identifier: Apache-2.0
#include <strata/proactor/Completion_Transports.h>

#include <algorithm>
#include <deque>
#include <new>
#include <utility>

#include <strata/os/Completion_Port.h>

#include "Completion_Accepting.h"
#include "Completion_Transport.h"

namespace strata {
inline namespace v1 {

struct Completion_Transports::Impl {
  Completion_Engine* find(const Reactor& home) noexcept {
    const auto found = std::ranges::find_if(engines, [&](const Completion_Engine& one) { return &one.home == &home; });
    return found == engines.end() ? nullptr : &*found;
  }
  std::deque<Completion_Engine> engines;
};

Completion_Transports::Completion_Transports(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

Completion_Transports::~Completion_Transports() = default;

Result<std::unique_ptr<Completion_Transports>> Completion_Transports::open(std::span<Reactor* const> reactors) try {
  auto impl = std::make_unique<Impl>();
  for (Reactor* const reactor : reactors) {
    os::Completion_Port* const port = reactor->completion_port();
    if (port == nullptr) return fail(std::errc::not_supported);
    if (const Result<> lent = port->lend_buffers(); !lent) return fail(lent.error());
    impl->engines.emplace_back(*reactor);
  }
  return std::unique_ptr<Completion_Transports>{new Completion_Transports{std::move(impl)}};
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

Transport* Completion_Transports::make(Reactor& home, os::Handle handle) noexcept try {
  Completion_Engine* const engine = impl_->find(home);
  return engine == nullptr ? &readiness_transport() : new Completion_Transport{*engine, handle};
} catch (const std::bad_alloc&) {
  return nullptr;
}

std::unique_ptr<Accepting> Completion_Transports::accept(Reactor& home, os::Handle listening) noexcept {
  const Completion_Engine* const engine = impl_->find(home);
  if (engine == nullptr || home.pooled() || !engine->port.accepts_many()) return nullptr;
  return Completion_Accepting::make(home, listening);
}

std::size_t Completion_Transports::shared_size() const noexcept {
  std::size_t sum = 0;
  for (const Completion_Engine& engine : impl_->engines) sum += engine.port.lent_size();
  return sum;
}

}  // namespace v1
}  // namespace strata
