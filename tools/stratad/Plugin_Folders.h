// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

/// Where stratad looks for plugins: what each `--plugins FOLDER` names, then that of the installation, if it is there.
std::vector<std::string> plugin_folders(std::span<char* const> arguments);
