// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

// Memory that processes share: a descriptor, to be sized (File's ftruncate), mapped, and passed on.
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

enum class Shared_Open : std::uint8_t {
  create,    ///< must not exist
  open,      ///< must exist
};

/// `name` is "/" and up to 254 bytes without another "/". Errors: file_exists, no_such_file_or_directory,
/// permission_denied, invalid_argument or filename_too_long (the name). Source: shm_open(3).
Result<Unique_Handle> open_shared_memory(const std::string& name, Shared_Open how, unsigned permissions = 0600);
/// Without a name: for children, and for whom the descriptor is passed to. Source: memfd_create(2).
Result<Unique_Handle> make_shared_memory();
/// The name goes; who has it open keeps it.
Result<> remove_shared_memory(const std::string& name);
/// Of new bytes all are 0. Source: ftruncate(2).
Result<> resize_shared_memory(Handle memory, std::uint64_t size) noexcept;
Result<std::uint64_t> size_of_shared_memory(Handle memory) noexcept;

}  // namespace os
}  // namespace v1
}  // namespace strata
