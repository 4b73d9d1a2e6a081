// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <strata/os/Export.h>
#include <strata/os/File.h>
#include <strata/os/Handle.h>
#include <strata/os/Outcome.h>
#include <strata/os/Result.h>
#include <strata/os/Socket_Address.h>
#include <strata/wrappers/SOCK_Stream.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

struct Listen_Options {
  int backlog = 4096;         ///< the kernel cuts it to its own limit (net.core.somaxconn, listen(2))
  bool reuse_address = true;  ///< bind although connections of a former listener linger in TIME_WAIT
  bool reuse_port = false;    ///< several listeners share the port, the kernel spreads the connections
  bool no_delay = true;       ///< accepted sockets inherit it (tcp(7))
  unsigned permissions = 0;   ///< of a UNIX socket's file, as 0660; 0: what the umask leaves
  os::File_Owner owner{};     ///< of a UNIX socket's file
  int defer_accept = 0;       ///< seconds to wait for the client's first bytes before it is accepted; 0: off
};

/// A listening stream socket, TCP or UNIX; owns and closes it. An IPv6 one never takes IPv4 peers. A UNIX socket's
/// file is replaced where nobody listens to it any more and it belongs to this user; it is not removed at the end.
/// @threads any; one object from one thread at a time.
class SOCK_Acceptor {
 public:
  SOCK_Acceptor() noexcept = default;                                                              ///< none
  explicit SOCK_Acceptor(os::Unique_Handle listener) noexcept : listener_(std::move(listener)) {}  ///< inherited

  /// Port 0 lets the system choose: see `local_address`. The error names the call and the address:
  /// "bind 0.0.0.0:80: Permission denied".
  static Outcome<SOCK_Acceptor> open(const os::Socket_Address& address, const Listen_Options& options = {});

  /// Has an address that nobody else has, and lets in behind it who binds it with `reuse_port`, of this user: for the
  /// time in which several do. Nobody is let connect. Errors as with `open`.
  static Outcome<os::Unique_Handle> reserve(const os::Socket_Address& address, const Listen_Options& options = {});

  os::Handle handle() const noexcept { return listener_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(listener_); }

  /// The next connection, and its peer's address where asked for. Errors: os::accept's; operation_would_block for none.
  Result<SOCK_Stream> accept(os::Socket_Address* peer = nullptr) noexcept;
  Result<os::Socket_Address> local_address() const noexcept;

  void close() noexcept { listener_.reset(); }
  [[nodiscard]] os::Unique_Handle release() noexcept { return std::move(listener_); }

 private:
  os::Unique_Handle listener_;
};

}  // namespace v1
}  // namespace strata
