// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <strata/os/Entropy.h>

/// An empty folder that is gone with its content when the object is.
class Temporary_Folder {
 public:
  Temporary_Folder()
      : path_(std::filesystem::temp_directory_path() / ("strata-test-" + std::to_string(strata::os::random_seed()))) {
    std::filesystem::create_directory(path_);
  }
  Temporary_Folder(const Temporary_Folder&) = delete;
  Temporary_Folder& operator=(const Temporary_Folder&) = delete;
  ~Temporary_Folder() { std::filesystem::remove_all(path_); }

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::vector<std::string> lines_of(const std::string& name) const {
    std::ifstream in{path_ / name};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  std::size_t file_count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{path_}, {}));
  }

 private:
  std::filesystem::path path_;
};
