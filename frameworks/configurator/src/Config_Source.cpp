// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Source.h>

#include <charconv>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include <strata/configurator/Config_Variables.h>
#include <strata/configurator/Yaml_Reader.h>

#include "Config_Include.h"
#include "Suggestion.h"

namespace strata {
inline namespace v1 {
namespace {

using Kind = Config_Node::Kind;

/// Sets one value over a tree.
class Setter {
 public:
  Setter(const Config_Override& what, Config_Errors& errors)
      : what_(what), file_(std::make_shared<const std::string>(what.origin)), errors_(errors) {}

  void set(Config_Node& root) {
    Config_Node* node = &root;
    std::string_view rest = what_.path;
    while (node != nullptr) {
      const std::size_t dot = rest.find('.');
      const std::string_view part = rest.substr(0, dot);
      if (part.empty()) return refuse("a part of " + in_quotes(what_.path) + " is empty");
      node = step(*node, part);
      if (dot == rest.npos) break;
      rest.remove_prefix(dot + 1);
    }
    if (node != nullptr) put_value(*node);
  }

 private:
  Config_Node* step(Config_Node& node, std::string_view part) {
    if (node.is_sequence()) return element(node, part);
    if (node.is_null()) node.become(Config_Node{Kind::mapping, file_, {}});
    if (!node.is_mapping()) return refuse_step(in_quotes(node.key()) + " has no keys, so no " + in_quotes(part));
    if (Config_Node* child = node.find(part)) return child;
    Config_Node child{Kind::null, file_, {}};
    child.set_key(std::string{part}, {});
    return &node.append(std::move(child));
  }

  Config_Node* element(Config_Node& list, std::string_view part) {
    std::vector<std::string_view> names;
    for (Config_Node& child : list) {
      const Config_Node* name = child.find("name");
      if (name == nullptr) continue;
      if (name->scalar() == part) return &child;
      names.push_back(name->scalar());
    }
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    if (error == std::errc{} && end == part.data() + part.size() && index < list.size()) return &list[index];
    return refuse_step("nothing in " + in_quotes(list.key()) + " is called " + in_quotes(part) +
                       did_you_mean(part, names));
  }

  void put_value(Config_Node& node) {
    const std::string& value = what_.value;
    if (value.starts_with('[') || value.starts_with('{')) {
      std::expected<Config_Node, Config_Errors> parsed = read_yaml(value, what_.origin);
      if (parsed) return node.become(std::move(*parsed));
      for (const Config_Error& error : parsed.error()) errors_.add(error);
    } else {
      Config_Node scalar{Kind::scalar, file_, {}};
      scalar.set_scalar(value, false);
      node.become(std::move(scalar));
    }
  }

  void refuse(std::string message) { errors_.add({what_.origin, {}, std::move(message)}); }
  std::nullptr_t refuse_step(std::string message) {
    refuse(std::move(message));
    return nullptr;
  }

  const Config_Override& what_;
  std::shared_ptr<const std::string> file_;
  Config_Errors& errors_;
};

}  // namespace

std::expected<Config_Node, Config_Errors> read_config(const Config_Source& source) {
  std::expected<Config_Node, Config_Errors> root;
  if (!source.file.empty()) root = read_yaml_file(source.file);
  if (!root) return root;
  Config_Errors errors;
  if (!source.file.empty()) include_files(*root, source.file, errors);
  expand_variables(*root, &process_environment, errors);
  for (const Config_Override& each : source.overrides) Setter{each, errors}.set(*root);
  if (!errors.empty()) return std::unexpected{std::move(errors)};
  return root;
}

}  // namespace v1
}  // namespace strata
