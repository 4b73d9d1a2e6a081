// SPDX-License-Identifier: Apache-2.0
#include "Plugin_Folders.h"

#include <filesystem>
#include <string_view>

#include <strata/os/Process.h>

std::vector<std::string> plugin_folders(std::span<char* const> arguments) {
  constexpr std::string_view option = "--plugins";
  std::vector<std::string> folders;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == option && i + 1 < arguments.size()) folders.emplace_back(arguments[++i]);
    if (argument.starts_with(option) && argument.substr(option.size()).starts_with('=')) {
      folders.emplace_back(argument.substr(option.size() + 1));
    }
  }
  if (const strata::Result<std::string> program = strata::os::executable_path()) {
    const auto installed = std::filesystem::path{*program}.parent_path() / STRATA_PLUGIN_FOLDER;
    std::error_code absent;
    if (std::filesystem::is_directory(installed, absent)) folders.push_back(installed.lexically_normal().string());
  }
  return folders;
}
