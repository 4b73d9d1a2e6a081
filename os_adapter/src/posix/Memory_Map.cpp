// SPDX-License-Identifier: Apache-2.0
#include <strata/os/Memory_Map.h>

#include <sys/mman.h>

#include "posix/Native.h"

namespace strata::inline v1::os::native {

Raw memory_map(Handle handle, std::uint64_t offset, std::size_t size, Map_Access access, void** address) {
  const int protection = access == Map_Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
  const int flags = access == Map_Access::private_copy ? MAP_PRIVATE : MAP_SHARED;
  void* const mapped = ::mmap(nullptr, size, protection, flags, handle.value(), static_cast<off_t>(offset));
  if (mapped == MAP_FAILED) return -Raw{errno};
  *address = mapped;
  return 0;
}

Raw memory_unmap(void* address, std::size_t size) { return raw_of(::munmap(address, size)); }
Raw memory_sync(void* address, std::size_t size) { return raw_of(::msync(address, size, MS_SYNC)); }
Raw shared_memory_remove(const char* name) { return raw_of(::shm_unlink(name)); }

}  // namespace strata::inline v1::os::native
