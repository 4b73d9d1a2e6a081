// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Memory_Map.h>
#include <strata/os/Outcome.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Memory that processes share: by a name ("/strata-x"), or by its descriptor, inherited or passed. Owns the mapping
/// and the descriptor; a name outlives it until `remove`. @threads any; who writes together needs a Process_Mutex in it
class Shared_Memory {
 public:
  Shared_Memory() noexcept = default;  ///< none
  /// New, of `size` bytes, all 0. Errors: file_exists, invalid_argument (size 0, or a name without its /).
  static Outcome<Shared_Memory> create(const std::string& name, std::size_t size, unsigned permissions = 0600);
  /// Without a name.
  static Outcome<Shared_Memory> create(std::size_t size);
  /// As large as its maker made it. Errors: no_such_file_or_directory, permission_denied;
  /// resource_unavailable_try_again while its maker has not sized it yet.
  static Outcome<Shared_Memory> open(const std::string& name);
  static Outcome<Shared_Memory> open(os::Unique_Handle passed);
  static Result<> remove(const std::string& name);

  Bytes bytes() noexcept { return map_.bytes(); }
  std::size_t size() const noexcept { return map_.size(); }
  os::Handle handle() const noexcept { return handle_.get(); }

 private:
  Shared_Memory(os::Unique_Handle handle, os::Memory_Map map) noexcept
      : handle_(std::move(handle)), map_(std::move(map)) {}
  os::Unique_Handle handle_;
  os::Memory_Map map_;
};

}  // namespace v1
}  // namespace strata
