// SPDX-License-Identifier: Apache-2.0
#include "Proactor_Core.h"

#include <new>
#include <utility>

#include <strata/os/Completion_Port.h>

namespace strata {
inline namespace v1 {

namespace {

/// From one room to the next: else all would begin in the same few sets of the caches.
constexpr std::size_t lent_room = Proactor::lent_size + 128;
constexpr std::size_t small_room = 1024;  // of bytes that a ring has lent: who keeps few keeps little

}  // namespace

Proactor_Core::~Proactor_Core() {
  os::Completion_Port* const port = home.completion_port();
  if (port != nullptr) port->unregister_memory(registered_.memory());
  while (free_ != nullptr) delete std::exchange(free_, free_->next_one);
}

Asynch_Operation* Proactor_Core::make(Asynch_Operation::Kind kind) noexcept {
  const auto lock = held();
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
  operation->clear();
  const auto lock = held();
  if (free_count_ == most_free) return delete operation;
  ++free_count_;
  operation->next_one = std::exchange(free_, operation);
}

Result<> Proactor_Core::open_lending() noexcept {
  if (lends_.load(std::memory_order_acquire)) return {};
  const auto lock = held();
  if (lends_.load(std::memory_order_relaxed)) return {};
  Result<Block_Pool> made = Block_Pool::make(lent_at_once, lent_room);
  if (!made) return fail(made.error());
  Result<Block_Pool> made_small = Block_Pool::make(small_at_once, small_room);
  if (!made_small) return fail(made_small.error());
  lent_ = std::move(*made);
  small_ = std::move(*made_small);
  ring_lends_ = on_ring && home.completion_port()->lend_buffers();  // else it tells of readiness
  lends_.store(true, std::memory_order_release);
  return {};
}

Result<Message_Block> Proactor_Core::lend(std::size_t size) noexcept {
  if (size > Proactor::lent_size) return Message_Block::make(size);
  const auto lock = held();
  return size <= small_room ? small_.take() : lent_.take();
}

Result<Message_Block> Proactor_Core::registered_block() noexcept {
  const auto lock = held();
  if (registered_.block_size() == 0) {
    Result<Block_Pool> made = Block_Pool::make(registered, Proactor::registered_size);
    if (!made) return fail(made.error());
    registered_ = std::move(*made);
    if (on_ring) home.completion_port()->register_memory(registered_.memory());
  }
  return registered_.take();
}

}  // namespace v1
}  // namespace strata
