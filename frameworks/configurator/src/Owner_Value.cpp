// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Value.h>

#include <charconv>
#include <optional>

#include <strata/os/User.h>

#include "Suggestion.h"

namespace strata {
inline namespace v1 {
namespace {

std::optional<std::uint32_t> as_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == os::File_Owner::unchanged) return {};
  return number;
}

struct Found_User {
  std::uint32_t id;
  std::uint32_t group;  ///< unchanged for a number
};

std::optional<Found_User> find_user(const std::string& name) {
  if (const auto number = as_number(name)) return Found_User{*number, os::File_Owner::unchanged};
  const Result<os::User> user = os::User::find(name);
  return user ? std::optional{Found_User{user->id, user->group}} : std::nullopt;
}

std::optional<std::uint32_t> find_group(const std::string& name) {
  if (const auto number = as_number(name)) return number;
  const Result<std::uint32_t> group = os::User::find_group(name);
  return group ? std::optional{*group} : std::nullopt;
}

}  // namespace

void Value_Type<os::File_Owner>::read(const Config_Node& node, const Field&, os::File_Owner& value,
                                      Config_Errors& errors) {
  if (!detail::expect_kind(node, Config_Node::Kind::scalar, errors)) return;
  const std::string& text = node.scalar();
  if (text.empty()) {
    value = {};
    return;
  }
  const std::size_t colon = text.find(':');
  const std::string user_name = text.substr(0, colon);
  const std::string group_name = colon == text.npos ? "" : text.substr(colon + 1);
  if ((user_name.empty() && group_name.empty()) || (colon != text.npos && group_name.empty())) {
    return errors.expected(node, "an owner such as www-data, www-data:adm or :adm");
  }
  os::File_Owner owner;
  if (!user_name.empty()) {
    const std::optional<Found_User> user = find_user(user_name);
    if (!user) return errors.at_value(node, "no user is called " + in_quotes(user_name));
    owner = {user->id, user->group};
  }
  if (!group_name.empty()) {
    const std::optional<std::uint32_t> group = find_group(group_name);
    if (!group) return errors.at_value(node, "no group is called " + in_quotes(group_name), colon + 1);
    owner.group = *group;
  }
  value = owner;
}

std::string Value_Type<os::File_Owner>::show(const os::File_Owner& value) {
  const auto number = [](std::uint32_t id) { return id == os::File_Owner::unchanged ? "" : std::to_string(id); };
  const std::string group = number(value.group);
  return number(value.user) + (group.empty() ? "" : ':' + group);
}

}  // namespace v1
}  // namespace strata
