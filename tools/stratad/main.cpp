// SPDX-License-Identifier: Apache-2.0
// The daemon for everybody's services: those linked in, and what a configuration makes of them.

#include <cstdio>
#include <exception>
#include <string>

#include <strata/configurator/Kind_List.h>
#include <strata/configurator/Linked_Kinds.h>
#include <strata/daemon/Daemon.h>

#include "Command_Line.h"

namespace {

using strata::Exit_Code;

Exit_Code print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return Exit_Code::success;
}

Exit_Code act_on(const Command_Line& line, strata::Service_Kinds kinds) {
  const strata::Daemon daemon{kinds};
  switch (line.act) {
    case Command_Line::Act::list_kinds: return print(strata::list_kinds(kinds));
    case Command_Line::Act::schema: return print(daemon.schema());
    case Command_Line::Act::check: return daemon.check(line.source);
    case Command_Line::Act::explain: return daemon.explain(line.source);
    case Command_Line::Act::run: break;
  }
  return daemon.run(line.source);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const strata::Service_Kinds kinds = strata::linked_kinds();
    const auto line = parse_command_line(argc, argv, kinds);
    return static_cast<int>(line ? act_on(*line, kinds) : line.error());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stratad: %s\n", error.what());
    return static_cast<int>(Exit_Code::internal);
  }
}
