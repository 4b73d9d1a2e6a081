// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Service_Config.h>

#include <array>

namespace strata {
inline namespace v1 {
namespace {

constexpr std::array<std::string_view, 2> restart_words{"never", "on_failure"};  // as Restart has them

}  // namespace

std::span<const Field> Service_Config::fields() {
  static constexpr std::array table{
      field<&Service_Config::name, Name_Type>("name", "what the service is called in logs and metrics").must(),
      field<&Service_Config::kind>("kind", "what it does, see --list-kinds").must(),
      field<&Service_Config::library>("library", "the plugin that has the kind: ./librot13.so"),
      field<&Service_Config::enabled>("enabled", "whether it is started"),
      field<&Service_Config::after>("after", "services that start before it and stop behind it"),
      field<&Service_Config::needs>("requires", "the same, and they must be enabled"),
      field<&Service_Config::restart, Choice_Type<restart_words>>("restart", "whether it starts again when it fails"),
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
    } else if (field.required) {
      errors.missing(node, field.key, field.help);
    }
  }
}

}  // namespace v1
}  // namespace strata
