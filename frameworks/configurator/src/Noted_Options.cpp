// SPDX-License-Identifier: Apache-2.0
#include "Noted_Options.h"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include <strata/configurator/Config_Value.h>

namespace strata {
inline namespace v1 {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Value_Shape::Kind;

constexpr Value_Shape other_shape{Kind::other, "value"};
constexpr std::array<const Value_Shape*, 9> scalars{&Value_Type<bool>::shape,
                                                    &Value_Type<int>::shape,
                                                    &Count_Type::shape,
                                                    &Size_Type::shape,
                                                    &Value_Type<Duration>::shape,
                                                    &Value_Type<std::string>::shape,
                                                    &Name_Type::shape,
                                                    &Value_Type<std::optional<Endpoint>>::shape,
                                                    &other_shape};
// As Kind_Note has them.
constexpr std::array<std::string_view, 9> scalar_names{"boolean", "integer", "count",    "size", "duration",
                                                       "text",    "name",    "endpoint", "other"};

/// As the command line can have it, too.
bool is_key(std::string_view key) noexcept {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !key.empty() && key.front() >= 'a' && std::ranges::all_of(key, plain);
}

std::string flow_of(const Config_Node& node) {
  if (node.is_null()) return "null";
  if (node.is_scalar()) return detail::flow_text(node.scalar());
  std::string text;
  for (const Config_Node& child : node) {
    text += text.empty() ? "" : ", ";
    if (node.is_mapping()) text += detail::flow_text(child.key()) + ": ";
    text += flow_of(child);
  }
  return node.is_sequence() ? '[' + text + ']' : '{' + text + '}';
}

/// The value as it would be written; none when there is a mistake, which has been told.
template <class Type, class T>
std::optional<std::string> taken(const Config_Node& node, const Field& field, T value, Config_Errors& errors) {
  const std::size_t mistakes = errors.size();
  Type::read(node, field, value, errors);
  return errors.size() == mistakes ? std::optional{Type::show(value)} : std::nullopt;
}

std::optional<std::string> taken_word(const Config_Node& node, Choices words, Config_Errors& errors) {
  std::size_t index = words.size();
  detail::read_choice(node, words, index, errors);
  return index < words.size() ? std::optional{std::string{words[index]}} : std::nullopt;
}

std::optional<std::string> taken_value(const Config_Node&, const Field&, const Value_Shape&, Config_Errors&);

std::optional<std::string> taken_items(const Config_Node& node, const Field& field, const Value_Shape& shape,
                                       Config_Errors& errors) {
  const bool map = shape.kind == Kind::map;
  if (shape.or_one && !node.is_sequence()) return taken_value(node, field, *shape.item, errors);
  if (!detail::expect_kind(node, map ? Config_Node::Kind::mapping : Config_Node::Kind::sequence, errors)) return {};
  std::string text;
  bool sound = true;
  for (const Config_Node& child : node) {
    const std::optional<std::string> item = taken_value(child, field, *shape.item, errors);
    sound = sound && item;
    text += text.empty() ? "" : ", ";
    if (map) text += detail::flow_text(child.key()) + ": ";
    if (item) text += shape.item->kind == Kind::other ? *item : detail::flow_text(*item);
  }
  if (!sound) return std::nullopt;
  return map ? '{' + text + '}' : '[' + text + ']';
}

std::optional<std::string> taken_value(const Config_Node& node, const Field& field, const Value_Shape& shape,
                                       Config_Errors& errors) {
  switch (shape.kind) {
    case Kind::boolean: return taken<Value_Type<bool>>(node, field, false, errors);
    case Kind::integer: return taken<Value_Type<std::int64_t>>(node, field, std::int64_t{}, errors);
    case Kind::count: return taken<Count_Type>(node, field, 0u, errors);
    case Kind::size: return taken<Size_Type>(node, field, std::uint64_t{}, errors);
    case Kind::duration: return taken<Value_Type<Duration>>(node, field, Duration{}, errors);
    case Kind::name: return taken<Name_Type>(node, field, std::string{}, errors);
    case Kind::endpoint:
      return taken<Value_Type<std::optional<Endpoint>>>(node, field, std::optional<Endpoint>{}, errors);
    case Kind::word: return taken_word(node, shape.words, errors);
    case Kind::list:
    case Kind::map: return taken_items(node, field, shape, errors);
    case Kind::text: return taken<Value_Type<std::string>>(node, Field{}, std::string{}, errors);
    case Kind::mapping:
    case Kind::other: break;
  }
  return flow_of(node);
}

std::int64_t integer_of(const Json& value) {
  if (!value.is_number_integer()) throw std::runtime_error{"a number is not whole"};
  return value.get<std::int64_t>();
}

std::string shown_default(const Value_Shape& shape, const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  const std::int64_t number = integer_of(value);
  switch (shape.kind) {
    case Kind::boolean: return Value_Type<bool>::show(number != 0);
    case Kind::count: return Count_Type::show(static_cast<unsigned>(number));
    case Kind::size: return Size_Type::show(static_cast<std::uint64_t>(number));
    case Kind::duration: return Value_Type<Duration>::show(Duration{number});
    case Kind::word: return std::string{shape.words[static_cast<std::size_t>(number)]};
    default: return std::to_string(number);
  }
}

}  // namespace

Noted_Options::Noted_Options(const Json& options) {
  for (const Json& option : options) add(option);
  for (const Option& option : options_) fields_[option.index].source = &option;
}

void Noted_Options::add(const Json& noted) {
  Option& option = options_.emplace_back();
  option.index = options_.size() - 1;
  option.key = noted.at("key").get<std::string>();
  if (!is_key(option.key)) throw std::runtime_error{"an option has no name"};
  if (std::ranges::count(options_, option.key, &Option::key) > 1) throw std::runtime_error{"an option stands twice"};
  option.help = noted.at("help").get<std::string>();
  option.shape = shape_of(noted.at("type"), option);
  Field field{.key = option.key,
              .help = option.help,
              .shape = &option.shape,
              .read = &Noted_Options::read,
              .show = &Noted_Options::show,
              .member = [](const void* values) { return values; },
              .choices = option.shape.words.empty() ? nullptr : &Noted_Options::choices};
  if (noted.contains("least")) field.least = integer_of(noted.at("least"));
  if (noted.contains("most")) field.most = integer_of(noted.at("most"));
  field.required = noted.value("required", false);
  fields_.push_back(field);
  const Json unknown = "";
  const Json& initial = noted.contains("default") ? noted.at("default") : unknown;
  const bool among = option.shape.kind != Kind::word || !initial.is_number() ||
                     static_cast<std::uint64_t>(integer_of(initial)) < option.shape.words.size();
  if (!among) throw std::runtime_error{"the default of " + option.key + " is none of its words"};
  defaults_.texts.push_back(shown_default(option.shape, initial));
}

Value_Shape Noted_Options::shape_of(const Json& type, Option& option) {
  if (type.is_array()) {
    for (const Json& word : type) option.words.push_back(word.get<std::string>());
    option.word_views.assign(option.words.begin(), option.words.end());
    return {Kind::word, "word", nullptr, nullptr, option.word_views};
  }
  if (type.is_object()) {
    if (type.size() != 1) throw std::runtime_error{"the type of " + option.key + " is not known"};
    const std::string what = type.begin().key();
    const Json& item = type.begin().value();
    if (item.is_object()) throw std::runtime_error{"a list of lists is not known"};
    option.item = shape_of(item, option);
    const bool map = what == "map of";
    const bool or_one = what == "one or list of";
    return {map ? Kind::map : Kind::list, map ? "mapping" : "list", nullptr, &option.item, {}, or_one};
  }
  const auto name = std::ranges::find(scalar_names, type.get<std::string>());
  if (name == scalar_names.end()) throw std::runtime_error{"the type of " + option.key + " is not known"};
  return *scalars[static_cast<std::size_t>(name - scalar_names.begin())];
}

Choices Noted_Options::choices(const Field& field) { return static_cast<const Option*>(field.source)->shape.words; }

void Noted_Options::read(const Config_Node& node, const Field& field, void* values, Config_Errors& errors) {
  const Option& option = *static_cast<const Option*>(field.source);
  const std::optional<std::string> text = taken_value(node, field, option.shape, errors);
  if (text) static_cast<Noted_Values*>(values)->texts[option.index] = *text;
}

std::string Noted_Options::show(const Field& field, const void* values) {
  return static_cast<const Noted_Values*>(values)->texts[static_cast<const Option*>(field.source)->index];
}

}  // namespace v1
}  // namespace strata
