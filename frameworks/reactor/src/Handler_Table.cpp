// SPDX-License-Identifier: Apache-2.0
#include "Handler_Table.h"

#include <new>

namespace strata {
inline namespace v1 {

Result<std::uint32_t> Handler_Table::take_free() {
  if (free_ != none) {
    const std::uint32_t index = free_;
    free_ = at(index).group;
    return index;
  }
  if (used_ == chunks_.size() * chunk_size) {
    std::unique_ptr<Handler_Slot[]> chunk{new (std::nothrow) Handler_Slot[chunk_size]};
    if (!chunk) return fail(std::errc::not_enough_memory);
    chunks_.push_back(std::move(chunk));
  }
  return used_++;
}

Result<std::uint32_t> Handler_Table::claim(Event_Handler& handler, os::Handle handle) try {
  if (!handle.valid()) return fail(std::errc::bad_file_descriptor);
  const auto number = static_cast<std::size_t>(handle.value());
  if (number < by_handle_.size() && by_handle_[number] != 0) return fail(std::errc::file_exists);
  if (number >= by_handle_.size()) by_handle_.resize(number + 1 + number / 4);
  const Result<std::uint32_t> index = take_free();
  if (!index) return index;
  Handler_Slot& slot = at(*index);
  const std::uint32_t generation = slot.generation;
  slot = Handler_Slot{};
  slot.handler = &handler;
  slot.generation = generation;
  slot.handle = handle;
  by_handle_[number] = *index + 1;
  ++size_;
  return index;
} catch (const std::bad_alloc&) {
  return fail(std::errc::not_enough_memory);
}

void Handler_Table::retire(std::uint32_t index) noexcept {
  Handler_Slot& slot = at(index);
  by_handle_[static_cast<std::size_t>(slot.handle.value())] = 0;
  slot.handler = nullptr;
  if (++slot.generation == 0) slot.generation = 1;
  --size_;
}

void Handler_Table::recycle(std::uint32_t index) noexcept {
  at(index).group = free_;
  free_ = index;
}

}  // namespace v1
}  // namespace strata
