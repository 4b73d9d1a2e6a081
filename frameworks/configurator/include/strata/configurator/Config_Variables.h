// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Config_Node.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// The value of a variable of the environment; nothing where it is not set.
using Lookup_Variable = std::optional<std::string> (*)(const std::string& name);
std::optional<std::string> process_environment(const std::string& name);

/// Puts variables into the tree's values, after the parsing, so that no variable can bring a key or a line:
/// `${NAME}`, and `${NAME:-text}` where the text stands in for one that is not set or empty; `$${` is a plain `${`.
/// Only those may be used that the list `environment` at the root names.
void expand_variables(Config_Node& root, Lookup_Variable, Config_Errors&);

}  // namespace v1
}  // namespace strata
