// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <strata/os/Export.h>
#include <strata/os/Socket_Address.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// For people and logs: "127.0.0.1:80", "[::1]:80", "/run/echo.sock", "@echo", "unnamed", "unspecified". @threads any
std::string to_text(const os::Socket_Address& address);

}  // namespace v1
}  // namespace strata
