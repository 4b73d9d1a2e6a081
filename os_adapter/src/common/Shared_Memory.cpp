// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Shared_Memory.h>

#include <strata/os/File.h>

#include "common/Seam.h"

namespace strata::inline v1::os {

Result<Unique_Handle> open_shared_memory(const std::string& name, Shared_Open how, unsigned permissions) {
  return owned(retry(table().shared_memory_open, name, how, permissions));
}

Result<Unique_Handle> make_shared_memory() {
  return owned(retry(table().shared_memory_open, nullptr, Shared_Open::create, 0600u));
}

Result<> remove_shared_memory(const std::string& name) {
  return done(retry(table().shared_memory_remove, name));
}

Result<> resize_shared_memory(Handle memory, std::uint64_t size) noexcept {
  return done(retry(table().file_resize, memory, size));
}

Result<std::uint64_t> size_of_shared_memory(Handle memory) noexcept {
  File_Status status;
  const Raw raw = retry(table().file_status, memory, status);
  if (raw < 0) return failure(raw);
  return status.size;
}

}  // namespace strata::inline v1::os
