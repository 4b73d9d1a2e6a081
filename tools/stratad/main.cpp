// SPDX-License-Identifier: Apache-2.0
// The daemon for everybody's services: those linked in, and what a configuration makes of them.

#include <cstdio>
#include <exception>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include <strata/configurator/Kind_List.h>
#include <strata/configurator/Linked_Kinds.h>
#include <strata/daemon/Daemon.h>

#include "Command_Line.h"
#include "Plugin_Folders.h"

namespace {

using strata::Exit_Code;

Exit_Code print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return Exit_Code::success;
}

/// Before the command line is parsed: the kinds of plugins are words of it.
strata::Outcome<strata::Kind_Catalog> find_kinds(std::span<char* const> arguments) {
  strata::Kind_Catalog catalog{strata::linked_kinds()};
  for (const std::string& folder : plugin_folders(arguments)) {
    const strata::Outcome<std::vector<std::string>> complaints = catalog.add_folder(folder);
    if (!complaints) return std::unexpected{complaints.error()};
    for (const std::string& one : *complaints) std::fprintf(stderr, "stratad: warning: %s\n", one.c_str());
  }
  return catalog;
}

Exit_Code act_on(const Command_Line& line, const strata::Kind_Catalog& catalog) {
  const strata::Daemon daemon{catalog};
  switch (line.act) {
    case Command_Line::Act::list_kinds: return print(strata::list_kinds(catalog.kinds()));
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
    const strata::Outcome<strata::Kind_Catalog> kinds = find_kinds({argv, static_cast<std::size_t>(argc)});
    if (!kinds) {
      std::fprintf(stderr, "stratad: %s\n", kinds.error().what.c_str());
      return static_cast<int>(Exit_Code::unavailable);
    }
    const auto line = parse_command_line(argc, argv, kinds->kinds());
    return static_cast<int>(line ? act_on(*line, *kinds) : line.error());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stratad: %s\n", error.what());
    return static_cast<int>(Exit_Code::internal);
  }
}
