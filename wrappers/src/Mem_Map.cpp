// SPDX-License-Identifier: Apache-2.0
#include <strata/wrappers/Mem_Map.h>

#include <strata/os/File.h>

namespace strata {
inline namespace v1 {
namespace {

Result<os::Memory_Map> map_to_read(const std::string& path) {
  const Result<os::File> file = os::File::open(path, os::Open_Mode::read);
  if (!file) return fail(file.error());
  const Result<os::File_Status> status = file->status();
  if (!status) return fail(status.error());
  if (status->type != os::File_Type::regular) return fail(std::errc::invalid_argument);
  return os::Memory_Map::open(file->handle(), status->size);
}

Result<os::Memory_Map> map_to_write(const std::string& path, std::size_t size, unsigned permissions) {
  Result<os::File> file = os::File::open(path, os::Open_Mode::update, permissions);
  if (!file) return fail(file.error());
  if (const Result<> sized = file->resize(size); !sized) return fail(sized.error());
  return os::Memory_Map::open(file->handle(), size, os::Map_Access::shared);
}

}  // namespace

Outcome<Mem_Map> Mem_Map::open(const std::string& path) {
  Result<os::Memory_Map> map = map_to_read(path);
  if (!map) return fail(map.error(), "map " + path);
  return Mem_Map{std::move(*map)};
}

Outcome<Mem_Map> Mem_Map::open(const std::string& path, std::size_t size, unsigned permissions) {
  Result<os::Memory_Map> map = map_to_write(path, size, permissions);
  if (!map) return fail(map.error(), "map " + path);
  return Mem_Map{std::move(*map)};
}

}  // namespace v1
}  // namespace strata
