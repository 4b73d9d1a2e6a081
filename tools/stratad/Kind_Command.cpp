// SPDX-License-Identifier: Apache-2.0
#include "Kind_Command.h"

#include <algorithm>
#include <cctype>

#include <strata/configurator/Kind_List.h>

using strata::Config_Override;

bool Kind_Command::is_possible(std::string_view kind) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return std::isalpha(static_cast<unsigned char>(kind.front())) != 0 && std::ranges::all_of(kind, is_plain);
}

Kind_Command::Kind_Command(CLI::App& app, const strata::Service_Kind& kind)
    : kind_(kind.name), command_(app.add_subcommand(kind_, "One service of this kind, configured by flags")) {
  command_->add_option("--name", service_, "what the service is called in logs and metrics")->capture_default_str();
  for (const strata::Option_Table& options : options_of(kind)) {
    for (const strata::Field& field : options.fields) add(field, options.values);
  }
}

void Kind_Command::add(const strata::Field& field, const void* defaults) {
  const std::string key{field.key};
  std::string name = "--" + key;
  std::ranges::replace(name, '_', '-');
  Flag& flag = flags_.emplace_back(Flag{name, key, {}, nullptr});
  const std::string help{field.help};
  if (field.shape->kind == strata::Value_Shape::Kind::boolean) {
    flag.option = command_->add_flag(name, flag.value, help);
    return;
  }
  flag.option = command_->add_option(name, flag.value, help)->type_name(strata::form_of(field));
  if (field.required) {
    flag.option->required();
  } else {
    flag.option->default_str(field.show(defaults));
  }
}

std::vector<Config_Override> Kind_Command::overrides() const {
  std::vector<Config_Override> all{
      {"strata", "1", "stratad " + kind_},
      {"daemon.name", service_, "--name"},
      {"services", "[{ name: " + kind_ + ", kind: " + kind_ + " }]", "stratad " + kind_},
      {"services.0.name", service_, "--name"},
  };
  for (const Flag& flag : flags_) {
    if (flag.option->count() != 0) all.push_back({"services.0." + flag.key, flag.value, flag.name});
  }
  return all;
}
