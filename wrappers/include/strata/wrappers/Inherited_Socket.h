// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <strata/os/Export.h>
#include <strata/os/Handle.h>
#include <strata/os/Outcome.h>
#include <strata/os/Socket.h>
#include <strata/wrappers/Endpoint.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// Takes over the sockets that this process was started with under `endpoint`: the descriptor of fd://N, or those that
/// the service manager calls so (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES; several sockets may share a name). A stream
/// socket must listen already. Each can be taken once. Errors: invalid_argument for other endpoints,
/// no_such_file_or_directory (no such name), bad_file_descriptor, file_exists (not inherited, or taken before),
/// not_a_socket, wrong_protocol_type (of another kind, or it does not listen). Source: sd_listen_fds(3).
Outcome<std::vector<os::Unique_Handle>> inherited_sockets(const Endpoint& endpoint, os::Socket_Kind kind);

}  // namespace v1
}  // namespace strata
