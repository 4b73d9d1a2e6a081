// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <strata/configurator/Config_Node.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// A configuration as it is in effect: every key with its value and, as a comment, the place where that was set, or
/// "default". It is YAML, and read back it is the same configuration. `root` has the values that were read from `tree`;
/// `services` those of each entry of its list, in that order.
std::string explain_config(const Option_Table& root, const Config_Node& tree,
                           const std::vector<std::vector<Option_Table>>& services);

}  // namespace v1
}  // namespace strata
