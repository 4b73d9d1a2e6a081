// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <strata/os/Handle.h>
#include <strata/os/Outcome.h>
#include <strata/os/Socket.h>
#include <strata/os/Socket_Address.h>
#include <strata/wrappers/Endpoint.h>

namespace strata {
inline namespace v1 {

/// What `listen` stands for, found once: addresses, and sockets that the process was started with. A service may use
/// them again after a stop.
class Listen_Points {
 public:
  /// May block while names are looked up. Errors: the resolver's, those of inherited_sockets.
  Outcome<> find(const std::vector<Endpoint>& endpoints, os::Socket_Kind kind);
  const std::vector<os::Socket_Address>& addresses() const noexcept { return addresses_; }
  /// Duplicates: the sockets stay open for the next time.
  Outcome<std::vector<os::Unique_Handle>> inherited() const;
  /// The system leaves those of UNIX sockets behind, and they would take the address from the next start (unix(7)).
  void remove_socket_files() const;

 private:
  std::vector<os::Socket_Address> addresses_;
  std::vector<os::Unique_Handle> inherited_;
};

}  // namespace v1
}  // namespace strata
