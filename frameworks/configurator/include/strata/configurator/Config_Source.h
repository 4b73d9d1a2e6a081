// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <vector>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Config_Node.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// One value that is set over what a file says.
struct Config_Override {
  /// Keys with dots between: "daemon.shutdown.drain". An element of a list goes by its `name`, else by its number:
  /// "services.echo.listen". Mappings that are not there are made.
  std::string path;
  std::string value;   ///< text, or a list or mapping as YAML writes it: "[a, b]", "{ level: debug }"
  std::string origin;  ///< what messages call it in place of a file: "--listen"
};

/// What a configuration is read from: a file, and what is set over it in this order.
struct Config_Source {
  std::string file{};  ///< YAML; empty: nothing but the overrides
  std::vector<Config_Override> overrides{};
};

/// The tree with what its `include` names, and its variables expanded (Config_Variables.h); or the mistake of the
/// file's form, or all files, variables and overrides that fit nowhere.
std::expected<Config_Node, Config_Errors> read_config(const Config_Source&);

}  // namespace v1
}  // namespace strata
