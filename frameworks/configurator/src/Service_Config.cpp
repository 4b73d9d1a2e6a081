// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service_Config.h>

#include <algorithm>
#include <array>

namespace strata {
inline namespace v1 {
namespace {

constexpr std::size_t longest_name = 64;

bool is_name(std::string_view text) noexcept {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, fits);
}

}  // namespace

std::span<const Field> Service_Config::fields() {
  static constexpr std::array table{
      field<&Service_Config::name>("name", "what the service is called in logs and metrics").must(),
      field<&Service_Config::kind>("kind", "what it does, see --list-kinds").must(),
  };
  return table;
}

void Value_Type<Service_Config>::read(const Config_Node& node, const Field&, Service_Config& value,
                                      Config_Errors& errors) {
  if (!detail::expect_kind(node, Config_Node::Kind::mapping, errors)) return;
  value.node = node;
  for (const Field& field : Service_Config::fields()) {
    if (const Config_Node* child = node.find(field.key)) {
      field.read(*child, field, &value, errors);
    } else {
      errors.missing(node, field.key, field.help);
    }
  }
  const Config_Node* written = node.find("name");
  if (written != nullptr && written->is_scalar() && !is_name(written->scalar())) {
    errors.at_value(*written, "expected 1 to 64 letters, digits, - or _, found " + in_quotes(written->scalar()));
  }
}

}  // namespace v1
}  // namespace strata
