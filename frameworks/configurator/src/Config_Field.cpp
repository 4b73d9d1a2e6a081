// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Field.h>

#include <algorithm>
#include <vector>

#include "Suggestion.h"

namespace strata {
inline namespace v1 {
namespace {

struct Target {
  const Field* field = nullptr;
  void* object = nullptr;
};

Target find_target(std::initializer_list<Fields_Of> groups, std::string_view key) noexcept {
  for (const Fields_Of& group : groups) {
    const auto found = std::ranges::find(group.fields, key, &Field::key);
    if (found != group.fields.end()) return {&*found, group.object};
  }
  return {};
}

std::string unknown_key(const std::string& key, std::initializer_list<Fields_Of> groups,
                        std::span<const std::string_view> passed) {
  std::vector<std::string_view> known{passed.begin(), passed.end()};
  for (const Fields_Of& group : groups) {
    for (const Field& field : group.fields) known.push_back(field.key);
  }
  return "unknown key " + in_quotes(key) + did_you_mean(key, known);
}

}  // namespace

void read_fields(const Config_Node& mapping, std::initializer_list<Fields_Of> groups, Config_Errors& errors,
                 std::span<const std::string_view> passed) {
  if (!mapping.is_mapping()) return errors.expected(mapping, "a mapping of keys and values");
  for (const Config_Node& child : mapping) {
    if (std::ranges::find(passed, child.key()) != passed.end()) continue;
    const Target target = find_target(groups, child.key());
    if (target.field == nullptr) {
      errors.at_key(child, unknown_key(child.key(), groups, passed));
    } else {
      target.field->read(child, *target.field, target.object, errors);
    }
  }
  for (const Fields_Of& group : groups) {
    for (const Field& field : group.fields) {
      if (field.required && mapping.find(field.key) == nullptr) errors.missing(mapping, field.key, field.help);
    }
  }
}

}  // namespace v1
}  // namespace strata
