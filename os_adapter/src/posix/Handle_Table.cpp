// SPDX-License-Identifier: Apache-2.0
#include "posix/Handle_Table.h"

#include <algorithm>
#include <new>

#include "common/Seam.h"

namespace strata::inline v1::os::native {

Handle_Table::Handle_Table() {
  constexpr std::size_t at_first = 256;
  entries_.reserve(at_first);
  places_.resize(at_first, nowhere);
}

Result<std::size_t> Handle_Table::insert(Handle handle, Interest interest, std::uint64_t token) {
  const Raw regular = retry(table().is_regular_file, handle);
  if (regular < 0) return failure(regular);
  if (regular > 0) return fail(std::errc::operation_not_permitted);
  if (find(handle)) return fail(std::errc::file_exists);
  const auto value = static_cast<std::size_t>(handle.value());
  const std::size_t index = entries_.size();
  try {
    if (value >= places_.size()) places_.resize(std::max(value + 1, 2 * places_.size()), nowhere);
    entries_.push_back({handle, interest, token});
  } catch (const std::bad_alloc&) {
    return fail(std::errc::not_enough_memory);
  }
  places_[value] = static_cast<std::uint32_t>(index);
  return index;
}

Result<std::size_t> Handle_Table::find(Handle handle) const noexcept {
  const auto value = static_cast<std::size_t>(static_cast<std::uint32_t>(handle.value()));
  if (value >= places_.size() || places_[value] == nowhere) return fail(std::errc::no_such_file_or_directory);
  return places_[value];
}

void Handle_Table::erase(std::size_t index) noexcept {
  places_[static_cast<std::size_t>(entries_[index].handle.value())] = nowhere;
  if (index + 1 != entries_.size()) {
    entries_[index] = entries_.back();
    places_[static_cast<std::size_t>(entries_[index].handle.value())] = static_cast<std::uint32_t>(index);
  }
  entries_.pop_back();
}

}  // namespace strata::inline v1::os::native
