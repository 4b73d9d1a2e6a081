// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <strata/os/Bytes.h>
#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Result.h>

// Descriptors sent to another process over a connected UNIX socket (unix(7), SCM_RIGHTS).
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace os {

inline constexpr std::size_t max_passed_handles = 253;  ///< in one message: the kernel's SCM_MAX_FD

struct Passed {
  std::size_t size = 0;  ///< bytes that came with them, 0 where the peer has closed
  std::vector<Unique_Handle> handles;  ///< close-on-exec
};

/// Sends `bytes`, at least one, and duplicates of the descriptors with the first of them; bytes taken. Errors:
/// invalid_argument (no bytes, or too many descriptors), operation_would_block, too_many_files_open (too many are on
/// their way), the errors of `send`.
Result<std::size_t> send_handles(Handle socket, Const_Bytes bytes, std::span<const Handle> handles) noexcept;
/// At most `most` descriptors, with the bytes that they came with. Where more came, or no descriptor is free here, all
/// are closed and it is message_size: none is lost unseen (recvmsg(2), MSG_CTRUNC).
Result<Passed> receive_handles(Handle socket, Bytes buffer, std::size_t most);

}  // namespace os
}  // namespace v1
}  // namespace strata
