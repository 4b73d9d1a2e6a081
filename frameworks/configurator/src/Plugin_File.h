// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <strata/configurator/Service_Kind.h>
#include <strata/os/Outcome.h>

#include "Plugin_Kind.h"
#include "Plugin_Module.h"

namespace strata {
inline namespace v1 {

/// A plugin's file as it was read: who may write it, what its notes say; and, while a service needs it, its module.
/// Never moves: its kinds point to it. @threads home
class Plugin_File {
 public:
  /// Reads it once; later changes of the file are not seen. No code of it runs. Errors, as "it can be written by
  /// others": the system's, those of Shared_Library::check and Plugin_Kind::parse.
  static Outcome<std::unique_ptr<Plugin_File>> read(const std::string& path);
  Plugin_File(const Plugin_File&) = delete;
  Plugin_File& operator=(const Plugin_File&) = delete;

  const std::string& path() const noexcept { return path_; }
  Service_Kinds kinds() const noexcept { return kinds_; }
  /// Symbols that will keep it mapped for ever once it is loaded.
  std::vector<std::string> unique_symbols() const;
  /// The module, loaded unless a service has it already.
  Outcome<std::shared_ptr<Plugin_Module>> load();

 private:
  Plugin_File(std::string path, std::string image) noexcept : path_(std::move(path)), image_(std::move(image)) {}
  Outcome<> read_notes();

  std::string path_;
  std::string image_;
  std::vector<std::unique_ptr<Plugin_Kind>> owned_;
  std::vector<const Service_Kind*> kinds_;
  std::weak_ptr<Plugin_Module> module_;
};

}  // namespace v1
}  // namespace strata
