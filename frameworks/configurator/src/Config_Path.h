// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <strata/configurator/Config_Node.h>

namespace strata {
inline namespace v1 {

/// As a file is named in the configuration: from that file's folder; where there is no file, from the current one.
inline std::string path_of(const Config_Node& node, const std::string& named) {
  const bool in_a_file = node.mark().line != 0;
  if (!in_a_file) return named;
  return (std::filesystem::path{node.file()}.parent_path() / named).lexically_normal().string();
}

}  // namespace v1
}  // namespace strata
