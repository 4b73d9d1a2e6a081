// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include <strata/configurator/Config_Source.h>
#include <strata/configurator/Service_Kind.h>
#include <strata/daemon/Exit_Code.h>

/// What stratad is asked to do.
struct Command_Line {
  enum class Act { run, check, explain, list_kinds, schema };
  Act act;
  strata::Config_Source source;
};

/// The command line, or how the process ends at once, after what there is to say was said: help, or what is wrong.
std::expected<Command_Line, strata::Exit_Code> parse_command_line(int argc, char** argv, strata::Service_Kinds kinds);
