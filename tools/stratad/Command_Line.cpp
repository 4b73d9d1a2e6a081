// SPDX-License-Identifier: Apache-2.0
#include "Command_Line.h"

#include <deque>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "Kind_Command.h"

using strata::Config_Override;

namespace {

constexpr const char* description = "Serves what a configuration file describes, or one service, in the foreground";
constexpr const char* exit_codes =
    "Exit codes: 0 ended by a signal; 64 usage; 69 a service cannot start; 70 internal; 78 configuration.";

Config_Override override_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) throw CLI::ValidationError("-o", "expected PATH=VALUE, found " + text);
  const std::string path = text.substr(0, equals);
  return {path, text.substr(equals + 1), "-o " + path};
}

class Parser {
 public:
  explicit Parser(strata::Service_Kinds kinds) : app_(description, "stratad") {
    declare();
    for (const strata::Service_Kind* kind : kinds) {
      if (Kind_Command::is_possible(kind->name)) commands_.emplace_back(app_, *kind);
    }
  }
  CLI::App& app() { return app_; }
  Command_Line result() const { return {act(), source()}; }

 private:
  void declare() {
    app_.set_version_flag("--version", "stratad " STRATA_VERSION);
    app_.add_option("-c,--config", file_, "The configuration file (YAML)")->type_name("FILE");
    app_.add_option("-o,--set", overrides_, "Sets a value over the file's: services.echo.listen=tcp://*:7007")
        ->type_name("PATH=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    app_.add_option("--plugins", plugins_, "A folder of plugins, beside the installation's")
        ->type_name("FOLDER")
        ->take_all()
        ->allow_extra_args(false);  // Plugin_Folders has read them
    app_.add_flag("--check", check_, "Tell every mistake of the configuration and start nothing");
    app_.add_flag("--explain", explain_, "Print the configuration in effect and where each value was set");
    app_.add_flag("--list-kinds", list_kinds_, "Print the kinds of services and their options");
    app_.add_flag("--schema", schema_, "Print the JSON Schema of a configuration file");
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    app_.callback([this] { check(); });
    app_.footer(exit_codes);
  }

  void check() const {
    const int sources = (file_.empty() ? 0 : 1) + (command() == nullptr ? 0 : 1);
    const int prints = (list_kinds_ ? 1 : 0) + (schema_ ? 1 : 0);
    if (sources + prints > 1) throw CLI::ValidationError("-c FILE, KIND, --list-kinds, --schema", "only one of them");
    const bool needs_source = prints == 0 || check_ || explain_ || !overrides_.empty();
    if (sources == 0 && needs_source) throw CLI::RequiredError("-c FILE or KIND");
    for (const std::string& text : overrides_) static_cast<void>(override_of(text));
  }

  const Kind_Command* command() const {
    for (const Kind_Command& each : commands_) {
      if (each.chosen()) return &each;
    }
    return nullptr;
  }

  Command_Line::Act act() const {
    if (list_kinds_) return Command_Line::Act::list_kinds;
    if (schema_) return Command_Line::Act::schema;
    if (explain_) return Command_Line::Act::explain;
    return check_ ? Command_Line::Act::check : Command_Line::Act::run;
  }

  strata::Config_Source source() const {
    strata::Config_Source source{file_};
    if (const Kind_Command* chosen = command()) source.overrides = chosen->overrides();
    for (const std::string& text : overrides_) source.overrides.push_back(override_of(text));
    return source;
  }

  CLI::App app_;
  std::deque<Kind_Command> commands_;  // the parser keeps references
  std::string file_;
  std::vector<std::string> overrides_;
  std::vector<std::string> plugins_;
  bool check_ = false;
  bool explain_ = false;
  bool list_kinds_ = false;
  bool schema_ = false;
};

}  // namespace

std::expected<Command_Line, strata::Exit_Code> parse_command_line(int argc, char** argv, strata::Service_Kinds kinds) {
  using strata::Exit_Code;
  Parser parser{kinds};
  try {
    parser.app().parse(argc, argv);
    return parser.result();
  } catch (const CLI::ParseError& error) {
    return std::unexpected{parser.app().exit(error) == 0 ? Exit_Code::success : Exit_Code::usage};
  }
}
