// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include <strata/configurator/Config_Error.h>
#include <strata/configurator/Config_Node.h>
#include <strata/os/Export.h>

namespace strata {
inline namespace STRATA_EXPORT v1 {

using Choices = std::span<const std::string_view>;
struct Field;
using Fields = std::span<const Field> (*)();  ///< the table of a mapping's keys

/// Of what form a value is, for who describes it: lists, schemas, command lines.
struct Value_Shape {
  enum class Kind : std::uint8_t { boolean, integer, size, duration, text, name, endpoint, word, mapping, list, map };
  Kind kind;
  std::string_view name;              ///< for people: "duration"
  Fields fields = nullptr;            ///< of a mapping
  const Value_Shape* item = nullptr;  ///< of a list, or of a map, whose keys are free
  Choices (*choices)() = nullptr;     ///< of a word
  bool or_one = false;                ///< of a list: one item may stand without brackets; none is too few
};

/// One key of a mapping, declared once: where its value goes, of what type it is, what it is for. From it come the
/// parsing, its messages, and what is printed about it; the default is what the member has before. Made by `field`.
struct Field {
  std::string_view key;
  std::string_view help;  ///< a phrase without a full stop
  const Value_Shape* shape;
  void (*read)(const Config_Node&, const Field&, void* object, Config_Errors&);
  std::string (*show)(const void* object);    ///< the value as it would be written
  const void* (*member)(const void* object);  ///< where the value is
  Choices (*choices)() = nullptr;             ///< the words that are allowed
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  bool required = false;

  constexpr Field must() const {
    Field field = *this;
    field.required = true;
    return field;
  }
  /// In the type's own unit: nanoseconds, bytes, or one.
  constexpr Field within(std::int64_t from, std::int64_t to) const {
    Field field = *this;
    field.least = from;
    field.most = to;
    return field;
  }
  constexpr Field one_of(Choices (*words)()) const {
    Field field = *this;
    field.choices = words;
    return field;
  }
};

/// How a C++ type is read and shown: `shape`, `read(node, field, T&, errors)`, `show(T)`. See Config_Value.h.
template <class T>
struct Value_Type;

/// What the keys of one mapping fill.
struct Fields_Of {
  std::span<const Field> fields;
  void* object;
};

/// Fills the objects from a mapping. What is wrong in it, unknown keys and missing ones included, is added to the
/// errors; the members that it concerned keep their values. Keys in `passed` belong to somebody else.
void read_fields(const Config_Node& mapping, std::initializer_list<Fields_Of>, Config_Errors&,
                 std::initializer_list<std::string_view> passed = {});

namespace detail {

template <class C, class M>
C class_of(M C::*);
template <class C, class M>
M value_of(M C::*);

template <auto member, class Type, class Class>
void read_member(const Config_Node& node, const Field& field, void* object, Config_Errors& errors) {
  Type::read(node, field, static_cast<Class*>(object)->*member, errors);
}

template <auto member, class Type, class Class>
std::string show_member(const void* object) {
  return Type::show(static_cast<const Class*>(object)->*member);
}

template <auto member, class Class>
const void* address_of_member(const void* object) {
  return &(static_cast<const Class*>(object)->*member);
}

}  // namespace detail

/// `field<&Options::linger>("linger", "how long …")`. A second argument gives a type that the member's does not tell,
/// as Size_Type for a std::size_t; a third the struct that is filled, where the member is its base's.
template <auto member, class Type = Value_Type<decltype(detail::value_of(member))>,
          class Class = decltype(detail::class_of(member))>
constexpr Field field(std::string_view key, std::string_view help) {
  return {.key = key,
          .help = help,
          .shape = &Type::shape,
          .read = &detail::read_member<member, Type, Class>,
          .show = &detail::show_member<member, Type, Class>,
          .member = &detail::address_of_member<member, Class>,
          .choices = Type::shape.choices};
}

}  // namespace v1
}  // namespace strata
