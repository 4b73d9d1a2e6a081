// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <strata/configurator/Service_Kind.h>
#include <strata/os/Outcome.h>

#include "Noted_Options.h"

namespace strata {
inline namespace v1 {

class Plugin_File;

/// A kind as its plugin's note tells it. Its `make` gives a Plugin_Service, which loads the plugin when it must.
class Plugin_Kind : public Service_Kind {
 public:
  /// From a note's text, which may be anything. `file` outlives the kind. Errors say what is wrong with the note, or
  /// with which Strata the plugin was built.
  static Outcome<std::unique_ptr<Plugin_Kind>> parse(std::string_view note, Plugin_File& file);
  static const Plugin_Kind& of(const Service_Kind& kind) noexcept { return static_cast<const Plugin_Kind&>(kind); }

  Plugin_File& file() const noexcept { return file_; }
  const Noted_Options& own() const noexcept { return own_; }
  bool accepts() const noexcept { return accepts_; }
  bool client_speaks_first() const noexcept { return client_speaks_first_; }
  bool by_operations() const noexcept { return by_operations_; }
  bool takes_datagrams() const noexcept { return takes_datagrams_; }
  bool reflects() const noexcept { return reflects_; }

 private:
  Plugin_Kind(const nlohmann::ordered_json& note, Plugin_File& file);

  Plugin_File& file_;
  std::string kind_name_;
  Noted_Options own_;
  bool accepts_;
  bool client_speaks_first_;
  bool by_operations_;
  bool takes_datagrams_;
  bool reflects_;
};

}  // namespace v1
}  // namespace strata
