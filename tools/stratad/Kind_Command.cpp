// SPDX-License-Identifier: Apache-2.0
#include "Kind_Command.h"

#include <algorithm>
#include <cctype>

#include <strata/configurator/Config_Value.h>
#include <strata/configurator/Kind_List.h>

using strata::Config_Override;
using strata::Value_Shape;

bool Kind_Command::is_possible(std::string_view kind) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return std::isalpha(static_cast<unsigned char>(kind.front())) != 0 && std::ranges::all_of(kind, is_plain);
}

Kind_Command::Kind_Command(CLI::App& app, const strata::Service_Kind& kind)
    : kind_(kind.name), command_(app.add_subcommand(kind_, "One service of this kind, configured by flags")) {
  command_->add_option("--name", service_, "what the service is called in logs and metrics")->capture_default_str();
  for (const strata::Option_Table& options : kind.options(kind)) {
    for (const strata::Field& field : options.fields) add(field, options.values);
  }
}

void Kind_Command::add(const strata::Field& field, const void* defaults) {
  const std::string key{field.key};
  std::string name = "--" + key;
  std::ranges::replace(name, '_', '-');
  Flag& flag = flags_.emplace_back(Flag{name, key, {}, field.shape->kind == Value_Shape::Kind::list, nullptr});
  const std::string help{field.help};
  if (field.shape->kind == Value_Shape::Kind::boolean) {
    flag.option = command_->add_flag(name, flag.values.emplace_back(), help);
    return;
  }
  flag.option = command_->add_option(name, flag.values, help)->type_name(strata::form_of(field));
  if (flag.list) {
    flag.option->take_all()->allow_extra_args(false);
  } else {
    flag.option->expected(1);
  }
  if (field.required) {
    flag.option->required();
  } else {
    flag.option->default_str(field.show(field, defaults));
  }
}

/// One as it stands; several, which a flag that was repeated has, as a list.
std::string Kind_Command::value_of(const Flag& flag) {
  if (flag.values.size() == 1) return flag.values.front();
  std::string list;
  for (const std::string& value : flag.values) list += (list.empty() ? "[" : ", ") + strata::detail::flow_text(value);
  return list + ']';
}

std::vector<Config_Override> Kind_Command::overrides() const {
  std::vector<Config_Override> all{
      {"strata", "1", "stratad " + kind_},
      {"daemon.name", service_, "--name"},
      {"services", "[{ name: " + kind_ + ", kind: " + kind_ + " }]", "stratad " + kind_},
      {"services.0.name", service_, "--name"},
  };
  for (const Flag& flag : flags_) {
    if (flag.option->count() != 0) all.push_back({"services.0." + flag.key, value_of(flag), flag.name});
  }
  return all;
}
