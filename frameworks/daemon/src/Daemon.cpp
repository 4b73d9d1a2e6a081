// SPDX-License-Identifier: Apache-2.0
#include <strata/daemon/Daemon.h>

#include <cstdio>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include <strata/configurator/Service_Repository.h>
#include <strata/configurator/Yaml_Reader.h>
#include <strata/daemon/Daemon_Config.h>

#include "Daemon_Run.h"

namespace strata {
inline namespace v1 {
namespace {

/// All mistakes are told; empty when there are any.
std::optional<Daemon_Config> load(const std::string& file, Service_Repository& services) {
  const std::expected<Config_Node, Config_Errors> root = read_yaml_file(file);
  Config_Errors errors = root ? Config_Errors{} : root.error();
  std::optional<Daemon_Config> config;
  if (root) {
    config = read_daemon_config(*root, errors);
    services.configure(config->services, errors);
    errors.sort();
  }
  if (errors.empty()) return config;
  std::fputs(errors.text().c_str(), stderr);
  return std::nullopt;
}

}  // namespace

Exit_Code Daemon::check(const std::string& file) const {
  Service_Repository services{kinds_};
  return load(file, services) ? Exit_Code::success : Exit_Code::configuration;
}

Exit_Code Daemon::run(const std::string& file) const {
  auto services = std::make_unique<Service_Repository>(kinds_);
  const std::optional<Daemon_Config> config = load(file, *services);
  if (!config) return Exit_Code::configuration;
  return run_services(*config, std::move(services));
}

}  // namespace v1
}  // namespace strata
