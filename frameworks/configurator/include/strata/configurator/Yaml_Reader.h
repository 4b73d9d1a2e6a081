// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Config_Node.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

/// What a configuration file may cost before it is refused.
struct Yaml_Limits {
  std::size_t bytes = std::size_t{1} << 20;
  std::size_t depth = 64;        ///< of mappings and sequences inside each other
  std::size_t values = 100'000;  ///< keys apart, aliases expanded
  std::size_t copied = 10'000;   ///< values that anchors keep and aliases repeat
};

/// Reads one YAML document. Beyond what the parser refuses, these are mistakes here: duplicate keys, keys that are not
/// plain text, an alias inside what it stands for, tags but `!!str`, a second document, bytes that are not UTF-8, and a
/// quote that is never closed. Reading ends at the first mistake. `file` appears in messages only. Never throws but
/// bad_alloc. @threads any
std::expected<Config_Node, Config_Errors> read_yaml(std::string_view text, const std::string& file,
                                                    const Yaml_Limits& limits = {});

/// The same for a file of the disk.
std::expected<Config_Node, Config_Errors> read_yaml_file(const std::string& file, const Yaml_Limits& limits = {});

}  // namespace v1
}  // namespace strata
