// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Handle_Passing.h>

#include <algorithm>
#include <array>

#include "common/Seam.h"

namespace strata::inline v1::os {

Result<std::size_t> send_handles(Handle socket, Const_Bytes bytes, std::span<const Handle> handles) noexcept {
  if (bytes.empty() || handles.size() > max_passed_handles) return fail(std::errc::invalid_argument);
  return counted(
      retry(table().send_handles, socket, bytes.data(), bytes.size(), handles.data(), handles.size()));
}

Result<Passed> receive_handles(Handle socket, Bytes buffer, std::size_t most) {
  std::array<Handle, max_passed_handles> room;
  std::size_t count = std::min(most, room.size());
  const Raw raw = retry(table().receive_handles, socket, buffer.data(), buffer.size(), room.data(), count);
  if (raw < 0) return failure(raw);
  Passed passed{static_cast<std::size_t>(raw), {}};
  std::array<Unique_Handle, max_passed_handles> owners;  // closed, should there be no memory for the list
  for (std::size_t i = 0; i < count; ++i) owners[i].reset(room[i]);
  passed.handles.reserve(count);
  for (std::size_t i = 0; i < count; ++i) passed.handles.push_back(std::move(owners[i]));
  return passed;
}

}  // namespace strata::inline v1::os
