// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <strata/configurator/Config_Field.h>
#include <strata/os/Clock.h>
#include <strata/os/Export.h>
#include <strata/os/File.h>
#include <strata/wrappers/Endpoint.h>

// The types that a field may have. Each reader adds what is wrong to the errors and then leaves the value alone.
namespace strata {
inline namespace STRATA_EXPORT v1 {

namespace detail {
void read_integer(const Config_Node&, const Field&, std::int64_t& value, Config_Errors&);
void read_size(const Config_Node&, const Field&, std::int64_t& value, Config_Errors&);
void read_choice(const Config_Node&, Choices, std::size_t& index, Config_Errors&);
std::string show_size(std::uint64_t bytes);
std::string flow_text(const std::string& text);  ///< as YAML has it, in quotes where it must be
template <class Item>
std::string flow_item(const std::string& shown) {
  return Item::shape.item == nullptr && Item::shape.fields == nullptr ? flow_text(shown) : shown;
}
bool expect_kind(const Config_Node&, Config_Node::Kind, Config_Errors&);

template <class T>
Field clamped(const Field& field) {
  Field narrow = field;
  if (std::cmp_less(narrow.least, std::numeric_limits<T>::min())) narrow.least = std::numeric_limits<T>::min();
  if (std::cmp_greater(narrow.most, std::numeric_limits<T>::max())) {
    narrow.most = static_cast<std::int64_t>(std::numeric_limits<T>::max());
  }
  return narrow;
}
}  // namespace detail

template <>
struct Value_Type<bool> {
  static constexpr Value_Shape shape{Value_Shape::Kind::boolean, "true or false"};
  static void read(const Config_Node&, const Field&, bool&, Config_Errors&);
  static std::string show(bool value) { return value ? "true" : "false"; }
};

template <std::integral T>
struct Value_Type<T> {
  static constexpr Value_Shape shape{Value_Shape::Kind::integer, "integer"};
  static void read(const Config_Node& node, const Field& field, T& value, Config_Errors& errors) {
    auto wide = static_cast<std::int64_t>(value);
    detail::read_integer(node, detail::clamped<T>(field), wide, errors);
    value = static_cast<T>(wide);
  }
  static std::string show(T value) { return std::to_string(value); }
};

/// How many of something, or `auto`, which is 0: as many as fit the machine.
struct Count_Type {
  static constexpr Value_Shape shape{Value_Shape::Kind::count, "number|auto"};
  static void read(const Config_Node& node, const Field& field, unsigned& value, Config_Errors& errors) {
    if (node.is_scalar() && !node.quoted() && node.scalar() == "auto") {
      value = 0;
    } else {
      Value_Type<unsigned>::read(node, field, value, errors);
    }
  }
  static std::string show(unsigned value) { return value == 0 ? "auto" : std::to_string(value); }
};

/// A number of bytes: 512, 64KiB, 1MiB, 1MB.
struct Size_Type {
  static constexpr Value_Shape shape{Value_Shape::Kind::size, "size"};
  template <std::integral T>
  static void read(const Config_Node& node, const Field& field, T& value, Config_Errors& errors) {
    auto wide = static_cast<std::int64_t>(value);
    Field unsigned_field = detail::clamped<T>(field);
    if (unsigned_field.least < 0) unsigned_field.least = 0;
    detail::read_size(node, unsigned_field, wide, errors);
    value = static_cast<T>(wide);
  }
  template <std::integral T>
  static std::string show(T value) {
    return detail::show_size(static_cast<std::uint64_t>(value));
  }
};

/// A span of time: 250ms, 30s, 5m, 1h. Never negative.
template <>
struct Value_Type<Duration> {
  static constexpr Value_Shape shape{Value_Shape::Kind::duration, "duration"};
  static void read(const Config_Node&, const Field&, Duration&, Config_Errors&);
  static std::string show(Duration value);
};

template <>
struct Value_Type<std::string> {
  static constexpr Value_Shape shape{Value_Shape::Kind::text, "text"};
  static void read(const Config_Node&, const Field&, std::string&, Config_Errors&);
  static std::string show(const std::string& value) { return value; }
};

/// Permissions as chmod(1) has them, in octal digits: 0660.
struct Permissions_Type {
  static constexpr Value_Shape shape{Value_Shape::Kind::text, "octal"};
  static void read(const Config_Node&, const Field&, unsigned&, Config_Errors&);
  static std::string show(unsigned value);
};

/// Whom a file belongs to: USER, USER:GROUP or :GROUP, by name or number; of a USER alone also the group.
/// Empty: nobody else.
template <>
struct Value_Type<os::File_Owner> {
  static constexpr Value_Shape shape{Value_Shape::Kind::text, "owner"};
  static void read(const Config_Node&, const Field&, os::File_Owner&, Config_Errors&);
  static std::string show(const os::File_Owner& value);
};

/// What something is called in lines, logs and metrics: 1 to 64 letters, digits, - and _.
struct Name_Type {
  static constexpr Value_Shape shape{Value_Shape::Kind::name, "name"};
  static void read(const Config_Node&, const Field&, std::string&, Config_Errors&);
  static std::string show(const std::string& value) { return value; }
};

/// Empty until it is read: there is no endpoint by default.
template <>
struct Value_Type<std::optional<Endpoint>> {
  static constexpr Value_Shape shape{Value_Shape::Kind::endpoint, "endpoint"};
  static void read(const Config_Node&, const Field&, std::optional<Endpoint>&, Config_Errors&);
  static std::string show(const std::optional<Endpoint>& value) { return value ? value->to_text() : std::string{}; }
};

/// An enumeration whose enumerators are 0, 1, …: `words` holds their names in that order.
template <const auto& words>
struct Choice_Type {
  static constexpr Value_Shape shape{Value_Shape::Kind::word, "word", nullptr, nullptr, words};
  template <class E>
  static void read(const Config_Node& node, const Field&, E& value, Config_Errors& errors) {
    auto index = static_cast<std::size_t>(value);
    detail::read_choice(node, words, index, errors);
    value = static_cast<E>(index);
  }
  template <class E>
  static std::string show(E value) {
    return std::string{words[static_cast<std::size_t>(value)]};
  }
};

/// A mapping inside, whose keys `fields` declares.
template <Fields fields>
struct Mapping_Type {
  static constexpr Value_Shape shape{Value_Shape::Kind::mapping, "mapping", fields};
  template <class T>
  static void read(const Config_Node& node, const Field&, T& value, Config_Errors& errors) {
    read_fields(node, {{fields(), &value}}, errors);
  }
  template <class T>
  static std::string show(const T&) {
    return "{}";
  }
};
/// A struct that declares its own.
template <class T>
requires requires { T::fields(); }
struct Value_Type<T> : Mapping_Type<&T::fields> {};

template <class T, class Item>
struct List_Type {
  static constexpr Value_Shape shape{Value_Shape::Kind::list, "list", nullptr, &Item::shape};
  static void read(const Config_Node& node, const Field& field, std::vector<T>& values, Config_Errors& errors) {
    if (!detail::expect_kind(node, Config_Node::Kind::sequence, errors)) return;
    values.clear();
    for (const Config_Node& child : node) Item::read(child, field, values.emplace_back(), errors);
  }
  static std::string show(const std::vector<T>& values) {
    std::string text;
    for (const T& value : values) {
      text += (text.empty() ? "" : ", ") + detail::flow_item<Item>(Item::show(value));
    }
    return '[' + text + ']';
  }
};
template <class T>
struct Value_Type<std::vector<T>> : List_Type<T, Value_Type<T>> {};

/// One endpoint, or a list of different ones.
template <>
struct Value_Type<std::vector<Endpoint>> {
  static constexpr Value_Shape shape{
      Value_Shape::Kind::list, "endpoint", nullptr, &Value_Type<std::optional<Endpoint>>::shape, {}, true};
  static void read(const Config_Node&, const Field&, std::vector<Endpoint>&, Config_Errors&);
  static std::string show(const std::vector<Endpoint>& values);
};

/// Free keys, one type of value.
template <class Map, class Item>
struct Map_Type {
  static constexpr Value_Shape shape{Value_Shape::Kind::map, "mapping", nullptr, &Item::shape};
  static void read(const Config_Node& node, const Field& field, Map& values, Config_Errors& errors) {
    if (!detail::expect_kind(node, Config_Node::Kind::mapping, errors)) return;
    for (const Config_Node& child : node) Item::read(child, field, values[child.key()], errors);
  }
  static std::string show(const Map& values) {
    std::string text;
    for (const auto& [key, value] : values) {
      text += (text.empty() ? "" : ", ") + detail::flow_text(key) + ": " + detail::flow_item<Item>(Item::show(value));
    }
    return '{' + text + '}';
  }
};
template <class T, class Less>
struct Value_Type<std::map<std::string, T, Less>> : Map_Type<std::map<std::string, T, Less>, Value_Type<T>> {};

}  // namespace v1
}  // namespace strata
