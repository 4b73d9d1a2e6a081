// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Schema.h>

#include <limits>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <strata/configurator/Kind_List.h>
#include <strata/configurator/Service_Config.h>

namespace strata {
inline namespace v1 {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Value_Shape::Kind;

Json of_field(const Field& field, const void* defaults, Service_Kinds kinds);

std::string text(std::string_view view) { return std::string{view}; }

Json words(Choices choices) {
  Json list = Json::array();
  for (const std::string_view word : choices) list.push_back(text(word));
  return {{"enum", std::move(list)}};
}

Json of_text(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

Json of_size() {
  return {{"type", Json::array({"integer", "string"})}, {"pattern", "^[0-9]+([KMG]iB|[kKMG]?B)?$"}, {"minimum", 0}};
}

Json of_integer(const Field& field) {
  Json schema{{"type", "integer"}};
  if (field.least != std::numeric_limits<std::int64_t>::min()) schema["minimum"] = field.least;
  if (field.most != std::numeric_limits<std::int64_t>::max()) schema["maximum"] = field.most;
  return schema;
}

/// A mapping's own part: `more` keys are added by who knows them.
Json of_fields(std::span<const Field> fields, const void* defaults, Service_Kinds kinds) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : fields) {
    properties[text(field.key)] = of_field(field, defaults, kinds);
    if (field.required) required.push_back(text(field.key));
  }
  Json schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json of_kind(const Service_Kind& kind) {
  Json schema = of_fields(Service_Config::fields(), nullptr, {});
  schema["properties"]["kind"] = {{"const", text(kind.name)}};
  for (const Option_Table& options : kind.options(kind)) {
    Json part = of_fields(options.fields, options.values, {});
    schema["properties"].update(part["properties"]);
    for (const Json& key : part.value("required", Json::array())) schema["required"].push_back(key);
  }
  return schema;
}

/// What an editor offers depends on `kind`, so that is asked first. Of the kinds in a `library` nothing is known here.
Json of_service(Service_Kinds kinds) {
  const Json has_library{{"required", Json::array({"library"})}};
  Json names = Json::array();
  Json cases = Json::array();
  for (const Service_Kind* kind : kinds) {
    names.push_back(text(kind->name));
    const Json is_kind{{"properties", {{"kind", {{"const", text(kind->name)}}}}},
                       {"required", Json::array({"kind"})},
                       {"not", has_library}};
    cases.push_back({{"if", is_kind}, {"then", of_kind(*kind)}});
  }
  return {{"type", "object"},
          {"required", Json::array({"name", "kind"})},
          {"if", has_library},
          {"else", {{"properties", {{"kind", {{"enum", std::move(names)}}}}}}},
          {"allOf", std::move(cases)}};
}

Json of_list(const Value_Shape& shape, const Json& item) {
  if (!shape.or_one) return {{"type", "array"}, {"items", item}};
  const Json list{{"type", "array"}, {"items", item}, {"minItems", 1}, {"uniqueItems", true}};
  return {{"anyOf", Json::array({item, list})}};
}

Json of_shape(const Value_Shape& shape, const Field& field, const void* value, Service_Kinds kinds) {
  switch (shape.kind) {
    case Kind::boolean: return {{"type", "boolean"}};
    case Kind::integer: return of_integer(field);
    case Kind::count: return {{"anyOf", Json::array({of_integer(field), {{"const", "auto"}}})}};
    case Kind::size: return of_size();
    case Kind::duration: return of_text("^[0-9]+(ns|us|ms|s|m|h|d)$");
    case Kind::text: return {{"type", Json::array({"string", "number", "boolean"})}};
    case Kind::name: return of_text("^[A-Za-z0-9_-]{1,64}$");
    case Kind::endpoint: return of_text("^[a-z]+://");
    case Kind::word: return words(shape.words);
    case Kind::mapping:
      return shape.fields == &Service_Config::fields ? of_service(kinds) : of_fields(shape.fields(), value, kinds);
    case Kind::list: return of_list(shape, of_shape(*shape.item, field, nullptr, kinds));
    case Kind::other: return Json::object();
    case Kind::map:
      return {{"type", "object"}, {"additionalProperties", of_shape(*shape.item, field, nullptr, kinds)}};
  }
  return {};
}

Json default_of(const Field& field, const void* defaults) {
  std::string shown = field.show(field, defaults);
  if (field.shape->kind == Kind::boolean) return shown == "true";
  if (field.shape->kind == Kind::integer) return Json::parse(shown);
  return shown;
}

bool has_default(const Field& field, const void* defaults) {
  const Kind kind = field.shape->kind;
  return defaults != nullptr && !field.required && kind != Kind::mapping && kind != Kind::list && kind != Kind::map &&
         kind != Kind::endpoint;
}

Json of_field(const Field& field, const void* defaults, Service_Kinds kinds) {
  const void* value = defaults != nullptr ? field.member(defaults) : nullptr;
  Json schema = field.choices != nullptr ? words(field.choices(field)) : of_shape(*field.shape, field, value, kinds);
  schema["description"] = text(field.help);
  if (has_default(field, defaults)) schema["default"] = default_of(field, defaults);
  return schema;
}

}  // namespace

std::string config_schema(Fields root, const void* defaults, Service_Kinds kinds) {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Strata"}};
  schema.update(of_fields(root(), defaults, kinds));
  return schema.dump(2) + '\n';
}

}  // namespace v1
}  // namespace strata
