// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <strata/configurator/Config_Source.h>
#include <strata/configurator/Service_Kind.h>

#include "Kind_Command.h"

/// What stratad is asked to do. Its `app()` parses; a ParseError says what is wrong, or that help was wanted.
class Command_Line {
 public:
  enum class Act { run, check, explain, list_kinds, schema };

  explicit Command_Line(strata::Service_Kinds kinds);
  Command_Line(const Command_Line&) = delete;
  Command_Line& operator=(const Command_Line&) = delete;

  CLI::App& app() { return app_; }
  Act act() const;
  strata::Config_Source source() const;

 private:
  void declare();
  void check() const;
  const Kind_Command* command() const;

  CLI::App app_;
  std::deque<Kind_Command> commands_;  // the parser keeps references
  std::string file_;
  std::vector<std::string> overrides_;
  bool check_ = false;
  bool explain_ = false;
  bool list_kinds_ = false;
  bool schema_ = false;
};
