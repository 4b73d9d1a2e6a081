// SPDX-License-Identifier: Apache-2.0
// The daemon for everybody's services: those linked in, and what a configuration file makes of them.

#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include <strata/configurator/Kind_List.h>
#include <strata/configurator/Linked_Kinds.h>
#include <strata/daemon/Daemon.h>

namespace {

using strata::Exit_Code;

struct Command_Line {
  std::string file;
  bool check = false;
  bool list_kinds = false;
};

void declare(CLI::App& app, Command_Line& line) {
  app.set_version_flag("--version", "stratad " STRATA_VERSION);
  CLI::Option* list = app.add_flag("--list-kinds", line.list_kinds, "Print the kinds of services and their options");
  CLI::Option* file = app.add_option("-c,--config", line.file, "The configuration file (YAML)")->type_name("FILE");
  app.add_flag("--check", line.check, "Tell every mistake of the file and start nothing")->needs(file);
  file->excludes(list);
  app.callback([&line] {
    if (line.file.empty() && !line.list_kinds) throw CLI::RequiredError("-c FILE");
  });
  app.footer("Exit codes: 0 ended by a signal; 64 usage; 69 a service cannot start; 70 internal; 78 configuration.");
}

Exit_Code act_on(const Command_Line& line) {
  const strata::Service_Kinds kinds = strata::linked_kinds();
  if (line.list_kinds) {
    std::fputs(strata::list_kinds(kinds).c_str(), stdout);
    return Exit_Code::success;
  }
  const strata::Daemon daemon{kinds};
  return line.check ? daemon.check(line.file) : daemon.run(line.file);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Serves what a configuration file describes, in the foreground", "stratad"};
  Command_Line line;
  try {
    declare(app, line);
    app.parse(argc, argv);
    return static_cast<int>(act_on(line));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit_Code::usage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stratad: %s\n", error.what());
    return static_cast<int>(Exit_Code::internal);
  }
}
