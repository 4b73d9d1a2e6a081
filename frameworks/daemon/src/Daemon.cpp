// SPDX-License-Identifier: Apache-2.0
#include <strata/daemon/Daemon.h>

#include <cstdio>
#include <expected>
#include <memory>
#include <utility>
#include <vector>

#include <strata/configurator/Config_Explanation.h>
#include <strata/configurator/Config_Schema.h>
#include <strata/configurator/Service_Repository.h>
#include <strata/daemon/Daemon_Config.h>

#include "Daemon_Run.h"

namespace strata {
inline namespace v1 {
namespace {

struct Loaded {
  Config_Node tree;
  Daemon_Config config;
};

/// All mistakes are told; where there are any, the code to end with.
std::expected<Loaded, Exit_Code> load(const Config_Source& source, Service_Repository& services) {
  std::expected<Config_Node, Config_Errors> root = read_config(source);
  Config_Errors errors = root ? Config_Errors{} : root.error();
  Loaded loaded;
  if (root) {
    loaded.config = read_daemon_config(*root, errors);
    services.configure(loaded.config.services, errors);
    errors.sort();
    loaded.tree = std::move(*root);
  }
  std::fputs(errors.warnings().c_str(), stderr);
  if (errors.empty()) return loaded;
  std::fputs(errors.text().c_str(), stderr);
  return std::unexpected{errors.all_outside() ? Exit_Code::unavailable : Exit_Code::configuration};
}

}  // namespace

Exit_Code Daemon::check(const Config_Source& source) const {
  Service_Repository services{kinds_};
  const std::expected<Loaded, Exit_Code> loaded = load(source, services);
  return loaded ? Exit_Code::success : loaded.error();
}

Exit_Code Daemon::explain(const Config_Source& source) const {
  Service_Repository services{kinds_};
  const std::expected<Loaded, Exit_Code> loaded = load(source, services);
  if (!loaded) return loaded.error();
  std::vector<std::vector<Option_Table>> tables = services.options_in_effect();
  for (std::size_t i = 0; i < tables.size(); ++i) {
    tables[i].insert(tables[i].begin(), {Service_Config::fields(), &loaded->config.services[i]});
  }
  const std::string text = explain_config({Daemon_Config::fields(), &loaded->config}, loaded->tree, tables);
  std::fputs(text.c_str(), stdout);
  return Exit_Code::success;
}

Exit_Code Daemon::run(const Config_Source& source) const {
  auto services = std::make_unique<Service_Repository>(kinds_);
  const std::expected<Loaded, Exit_Code> loaded = load(source, *services);
  if (!loaded) return loaded.error();
  return run_services(loaded->config, std::move(services));
}

std::string Daemon::schema() const {
  const Daemon_Config defaults;
  return config_schema(&Daemon_Config::fields, &defaults, kinds_.kinds());
}

}  // namespace v1
}  // namespace strata
