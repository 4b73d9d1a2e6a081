// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <strata/configurator/Config_Field.h>
#include <strata/configurator/Config_Source.h>
#include <strata/configurator/Service_Kind.h>

/// `stratad KIND --listen …`: a service without a file. Its options are flags, with dashes in place of underscores.
class Kind_Command {
 public:
  /// Whether the name of a kind can be a word of the command line.
  static bool is_possible(std::string_view kind);

  Kind_Command(CLI::App& app, const strata::Service_Kind& kind);
  Kind_Command(const Kind_Command&) = delete;
  Kind_Command& operator=(const Kind_Command&) = delete;

  bool chosen() const { return command_->parsed(); }
  /// The configuration that stands for the flags.
  std::vector<strata::Config_Override> overrides() const;

 private:
  struct Flag {
    std::string name;  ///< "--idle-timeout"
    std::string key;
    std::vector<std::string> values;
    bool list;
    CLI::Option* option;
  };
  void add(const strata::Field& field, const void* defaults);
  static std::string value_of(const Flag& flag);

  std::string kind_;
  std::string service_ = kind_;
  CLI::App* command_;
  std::deque<Flag> flags_;  // the parser keeps references
};
