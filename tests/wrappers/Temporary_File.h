// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <strata/os/Entropy.h>

/// A path of its own, gone at the end.
struct Temporary_File {
  std::string path =
      (std::filesystem::temp_directory_path() / ("strata-" + std::to_string(strata::os::random_seed()))).string();
  ~Temporary_File() { std::filesystem::remove(path); }
};
