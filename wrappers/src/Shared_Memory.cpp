// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Shared_Memory.h>

#include <strata/os/Shared_Memory.h>

namespace strata {
inline namespace v1 {
namespace {

Result<os::Memory_Map> sized(os::Handle memory, std::size_t size) {
  if (size == 0) return fail(std::errc::invalid_argument);
  if (const Result<> done = os::resize_shared_memory(memory, size); !done) return fail(done.error());
  return os::Memory_Map::open(memory, size, os::Map_Access::shared);
}

Result<os::Memory_Map> mapped(os::Handle memory) {
  const Result<std::uint64_t> size = os::size_of_shared_memory(memory);
  if (!size) return fail(size.error());
  if (*size == 0) return fail(std::errc::resource_unavailable_try_again);
  return os::Memory_Map::open(memory, *size, os::Map_Access::shared);
}

}  // namespace

Outcome<Shared_Memory> Shared_Memory::create(const std::string& name, std::size_t size, unsigned permissions) {
  Result<os::Unique_Handle> handle = os::open_shared_memory(name, os::Shared_Open::create, permissions);
  if (!handle) return fail(handle.error(), "shared memory " + name);
  Result<os::Memory_Map> map = sized(handle->get(), size);
  if (map) return Shared_Memory{std::move(*handle), std::move(*map)};
  static_cast<void>(os::remove_shared_memory(name));  // nobody could use it
  return fail(map.error(), "shared memory " + name);
}

Outcome<Shared_Memory> Shared_Memory::create(std::size_t size) {
  Result<os::Unique_Handle> handle = os::make_shared_memory();
  if (!handle) return fail(handle.error(), "shared memory");
  Result<os::Memory_Map> map = sized(handle->get(), size);
  if (!map) return fail(map.error(), "shared memory");
  return Shared_Memory{std::move(*handle), std::move(*map)};
}

Outcome<Shared_Memory> Shared_Memory::open(const std::string& name) {
  Result<os::Unique_Handle> handle = os::open_shared_memory(name, os::Shared_Open::open);
  if (!handle) return fail(handle.error(), "shared memory " + name);
  Result<os::Memory_Map> map = mapped(handle->get());
  if (!map) return fail(map.error(), "shared memory " + name);
  return Shared_Memory{std::move(*handle), std::move(*map)};
}

Outcome<Shared_Memory> Shared_Memory::open(os::Unique_Handle passed) {
  Result<os::Memory_Map> map = mapped(passed.get());
  if (!map) return fail(map.error(), "shared memory");
  return Shared_Memory{std::move(passed), std::move(*map)};
}

Result<> Shared_Memory::remove(const std::string& name) { return os::remove_shared_memory(name); }

}  // namespace v1
}  // namespace strata
