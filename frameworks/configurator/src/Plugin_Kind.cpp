// SPDX-License-Identifier: Apache-2.0
#include "Plugin_Kind.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <strata/configurator/Abi.h>
#include <strata/configurator/Own_Options.h>

#include "Acceptor_Settings.h"
#include "Dgram_Settings.h"
#include "Plugin_Service.h"

namespace strata {
inline namespace v1 {
namespace {

using Json = nlohmann::ordered_json;

std::unexpected<Error> refused(std::string why) {
  return std::unexpected{Error{std::make_error_code(std::errc::executable_format_error), std::move(why)}};
}

std::unique_ptr<Service_Object> make_plugin_service(const Service_Kind& kind) {
  return std::make_unique<Plugin_Service>(Plugin_Kind::of(kind));
}

std::vector<Option_Table> plugin_options(const Service_Kind& service_kind) {
  const Plugin_Kind& kind = Plugin_Kind::of(service_kind);
  std::vector<Option_Table> tables;
  if (kind.accepts()) tables.push_back(Acceptor_Settings::defaults({kind.client_speaks_first(), kind.by_operations()}));
  if (kind.takes_datagrams()) tables.push_back(Dgram_Settings::defaults());
  tables.push_back({kind.own().fields(), &kind.own().defaults()});
  return tables;
}

}  // namespace

Plugin_Kind::Plugin_Kind(const Json& note, Plugin_File& file)
    : Service_Kind{{}, &make_plugin_service, &plugin_options},
      file_(file),
      kind_name_(note.at("kind").get<std::string>()),
      own_(note.at("options")),
      accepts_(note.value("accepts", false)),
      client_speaks_first_(note.value("client_speaks_first", false)),
      by_operations_(note.value("by_operations", false)),
      takes_datagrams_(note.value("takes_datagrams", false)),
      reflects_(note.value("reflects", false)) {
  name = kind_name_;
}

Outcome<std::unique_ptr<Plugin_Kind>> Plugin_Kind::parse(std::string_view text, Plugin_File& file) {
  const Json note = Json::parse(text, nullptr, false);
  if (!note.is_object() || !note.contains("abi") || !note.at("abi").is_string()) return refused("its note is damaged");
  const auto abi = note.at("abi").get<std::string>();
  if (abi != detail::abi_text()) {
    return refused("built for " + abi + ", but this is " + std::string{detail::abi_text()} + "; build it anew");
  }
  try {
    std::unique_ptr<Plugin_Kind> kind{new Plugin_Kind{note, file}};
    if (kind->name.empty()) return refused("its note is damaged");
    for (const Field& field : kind->own().fields()) {
      const bool taken = std::ranges::find(detail::framework_keys, field.key) != detail::framework_keys.end();
      if (taken) return refused("its option " + std::string{field.key} + " is the framework's");
    }
    return kind;
  } catch (const std::exception&) {
    return refused("its note is damaged");
  }
}

}  // namespace v1
}  // namespace strata
