// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <strata/os/Export.h>
#include <strata/os/Result.h>
#include <strata/os/Socket_Address.h>
#include <strata/wrappers/SOCK_Stream.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Connects without blocking, in two steps: `start`, then `complete` when the socket is writable. @threads any
class SOCK_Connector {
 public:
  /// A socket on its way to `remote`, from `local` where given. Connected already or not: wait until it is writable.
  /// Errors: whatever the system knows at once (connect(2), bind(2)).
  static Result<SOCK_Stream> start(const os::Socket_Address& remote,
                                   const os::Socket_Address* local = nullptr) noexcept;

  /// Success: connected. operation_in_progress: not yet. Else the attempt failed, the reason is reported this once.
  /// A socket that found itself is refused: connecting to a free local port of the ephemeral range may hit the very
  /// port that the kernel gave to this socket (TCP's simultaneous open, RFC 9293 section 3.5).
  static Result<> complete(SOCK_Stream& stream) noexcept;
};

}  // namespace v1
}  // namespace strata
