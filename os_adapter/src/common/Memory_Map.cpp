// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Memory_Map.h>

#include <limits>

#include "common/Seam.h"

namespace strata::inline v1::os {

Memory_Map::~Memory_Map() {
  if (!bytes_.empty()) table().memory_unmap(bytes_.data(), bytes_.size());
}

Result<Memory_Map> Memory_Map::open(Handle file, std::size_t size, Map_Access access, std::uint64_t offset) noexcept {
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  if (size > largest || offset > largest - size) return fail(std::errc::value_too_large);
  if (size == 0) return Memory_Map{};
  void* address = nullptr;
  const Raw raw = retry(table().memory_map, file, offset, size, access, &address);
  if (raw < 0) return failure(raw);
  return Memory_Map{Bytes{static_cast<std::byte*>(address), size}};
}

Result<> Memory_Map::sync() noexcept {
  return bytes_.empty() ? Result<>{} : done(retry(table().memory_sync, bytes_.data(), bytes_.size()));
}

}  // namespace strata::inline v1::os
