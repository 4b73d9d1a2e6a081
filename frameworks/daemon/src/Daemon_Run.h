// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <strata/configurator/Service_Repository.h>
#include <strata/daemon/Daemon_Config.h>
#include <strata/daemon/Exit_Code.h>

namespace strata {
inline namespace v1 {

/// Runs configured services until a signal ends them: signals, then logs (whose thread inherits the mask), then
/// reactor, prepare, start, loop.
Exit_Code run_services(const Daemon_Config& config, std::unique_ptr<Service_Repository> services);

}  // namespace v1
}  // namespace strata
