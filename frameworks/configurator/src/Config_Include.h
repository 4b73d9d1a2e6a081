// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Config_Node.h>

namespace strata {
inline namespace v1 {

/// Adds to the tree what the files say that its list `include` names: their services behind its own, other keys where
/// it has none. A path is taken from the folder of `file` and must lie below it, links followed; a folder stands for
/// all its `*.yaml`, by name. An included file cannot include. The list is empty then: the tree says all by itself.
void include_files(Config_Node& root, const std::string& file, Config_Errors&);

}  // namespace v1
}  // namespace strata
