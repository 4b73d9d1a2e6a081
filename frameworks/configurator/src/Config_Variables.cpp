// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Variables.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "Suggestion.h"

namespace strata {
inline namespace v1 {
namespace {

constexpr std::string_view list_key = "environment";

class Expansion {
 public:
  Expansion(const Config_Node& root, Lookup_Variable lookup, Config_Errors& errors) : lookup_(lookup), errors_(errors) {
    const Config_Node* list = root.find(list_key);
    if (list == nullptr) return;
    for (const Config_Node& name : *list) allowed_.push_back(name.scalar());
  }

  void expand(Config_Node& node) {
    for (Config_Node& child : node) expand(child);
    if (node.scalar().find("${") == std::string::npos) return;
    std::string text = expanded(node);
    node.set_scalar(std::move(text), node.quoted());
  }

 private:
  std::string expanded(const Config_Node& node) {
    const std::string_view text = node.scalar();
    std::string made;
    std::size_t done = 0;
    for (std::size_t at = 0; (at = text.find("${", done)) != text.npos;) {
      const bool escaped = at > done && text[at - 1] == '$';
      made += text.substr(done, at - done - (escaped ? 1 : 0));
      const std::size_t end = escaped ? at + 1 : text.find('}', at);
      if (end == text.npos) {
        errors_.at_value(node, "this ${ is never closed", at);
        return std::string{text};
      }
      made += escaped ? "${" : value_of(node, text.substr(at + 2, end - at - 2), at);
      done = end + 1;
    }
    return made += text.substr(done);
  }

  std::string value_of(const Config_Node& node, std::string_view inside, std::size_t at) {
    const std::size_t separator = inside.find(":-");
    const std::string name{inside.substr(0, separator)};
    if (std::ranges::find(allowed_, name) == allowed_.end()) {
      errors_.at_value(node, "the variable " + in_quotes(name) + " is not in the list `environment`" +
                                 did_you_mean(name, allowed_), at);
      return {};
    }
    const std::optional<std::string> value = lookup_(name);
    if (value && !(value->empty() && separator != inside.npos)) return *value;
    if (separator != inside.npos) return std::string{inside.substr(separator + 2)};
    errors_.at_value(node, "the variable " + in_quotes(name) + " is not set", at);
    return {};
  }

  std::vector<std::string_view> allowed_;
  Lookup_Variable lookup_;
  Config_Errors& errors_;
};

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
}

void expand_variables(Config_Node& root, Lookup_Variable lookup, Config_Errors& errors) {
  Expansion expansion{root, lookup, errors};
  for (Config_Node& child : root) {
    if (child.key() != list_key) expansion.expand(child);
  }
}

}  // namespace v1
}  // namespace strata
