// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

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
  enum class Kind : std::uint8_t {
    boolean, integer, count, size, duration, text, name, endpoint, word, mapping, list, map, other
  };
  Kind kind;
  std::string_view name;              ///< for people: "duration"
  Fields fields = nullptr;            ///< of a mapping
  const Value_Shape* item = nullptr;  ///< of a list, or of a map, whose keys are free
  Choices words = {};                 ///< of a word
  bool or_one = false;                ///< of a list: one item may stand without brackets; none is too few
};

/// A default as far as the compiler knows it, so that a binary can tell it without running: not where a member of the
/// same struct needs run time, as a std::map does. `number` in the type's own unit, or the place among the words.
struct Initial_Value {
  enum class Kind : std::uint8_t { unknown, number, text };
  Kind kind = Kind::unknown;
  std::int64_t number = 0;
  std::string_view text = {};
};

/// One key of a mapping, declared once: where its value goes, of what type it is, what it is for. From it come the
/// parsing, its messages, and what is printed about it; the default is what the member has before. Made by `field`.
struct Field {
  std::string_view key;
  std::string_view help;  ///< a phrase without a full stop
  const Value_Shape* shape;
  void (*read)(const Config_Node&, const Field&, void* object, Config_Errors&);
  std::string (*show)(const Field&, const void* object);  ///< the value as it would be written
  const void* (*member)(const void* object);              ///< where the value is
  Choices (*choices)(const Field&) = nullptr;             ///< the words that are allowed
  const void* source = nullptr;                           ///< of these functions: what a plugin's note says of it
  const Initial_Value* initial = nullptr;                 ///< null: of a field read from a note
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  bool required = false;
  bool chosen_late = false;  ///< its words are known at run time only

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
  constexpr Field one_of(Choices (*words)(const Field&)) const {
    Field field = *this;
    field.choices = words;
    field.chosen_late = true;
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
                 std::span<const std::string_view> passed = {});

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
std::string show_member(const Field&, const void* object) {
  return Type::show(static_cast<const Class*>(object)->*member);
}

template <auto member, class Class>
const void* address_of_member(const void* object) {
  return &(static_cast<const Class*>(object)->*member);
}

inline Choices words_of_shape(const Field& field) { return field.shape->words; }

// The objects of defaults are not const: in a const one g++ 12 refuses std::string's own constructor.
template <class C>
constexpr bool can_be_made() {
  C defaults{};
  static_cast<void>(defaults);
  return true;
}
template <class C>
concept Constant_Default = requires { typename std::bool_constant<can_be_made<C>()>; };

template <auto member, class Class>
struct Default_Text {
  static constexpr std::size_t size = [] {
    Class defaults{};
    return (defaults.*member).size();
  }();
  struct Letters {
    char at[size + 1];
  };
  static constexpr Letters letters = [] {
    Letters copy{};
    Class defaults{};
    for (std::size_t i = 0; i < size; ++i) copy.at[i] = (defaults.*member)[i];
    return copy;
  }();
};

template <auto member, class Class>
constexpr Initial_Value initial_value() {
  using Value = std::remove_cvref_t<decltype(value_of(member))>;
  if constexpr (!Constant_Default<Class>) {
    return {};
  } else if constexpr (std::same_as<Value, std::string>) {
    using Text = Default_Text<member, Class>;
    return {Initial_Value::Kind::text, 0, {Text::letters.at, Text::size}};
  } else if constexpr (std::integral<Value> || std::is_enum_v<Value>) {
    Class defaults{};
    return {Initial_Value::Kind::number, static_cast<std::int64_t>(defaults.*member)};
  } else if constexpr (requires(Value value) { value.count(); }) {
    Class defaults{};
    return {Initial_Value::Kind::number, (defaults.*member).count()};
  } else {
    return {};
  }
}

template <auto member, class Class>
inline constexpr Initial_Value initial = initial_value<member, Class>();

/// What a number's own type allows, as far as `least` and `most` can say it.
template <class Value>
constexpr void narrow(Field& field) {
  if constexpr (std::integral<Value> && !std::same_as<Value, bool>) {
    using Limits = std::numeric_limits<Value>;
    if (std::cmp_greater(Limits::min(), field.least)) field.least = static_cast<std::int64_t>(Limits::min());
    if (std::cmp_less(Limits::max(), field.most)) field.most = static_cast<std::int64_t>(Limits::max());
  }
}

}  // namespace detail

/// `field<&Options::linger>("linger", "how long …")`. A second argument gives a type that the member's does not tell,
/// as Size_Type for a std::size_t; a third the struct that is filled, where the member is its base's.
template <auto member, class Type = Value_Type<decltype(detail::value_of(member))>,
          class Class = decltype(detail::class_of(member))>
constexpr Field field(std::string_view key, std::string_view help) {
  Field field{.key = key,
              .help = help,
              .shape = &Type::shape,
              .read = &detail::read_member<member, Type, Class>,
              .show = &detail::show_member<member, Type, Class>,
              .member = &detail::address_of_member<member, Class>,
              .choices = Type::shape.words.empty() ? nullptr : &detail::words_of_shape,
              .initial = &detail::initial<member, Class>};
  detail::narrow<std::remove_cvref_t<decltype(detail::value_of(member))>>(field);
  return field;
}

}  // namespace v1
}  // namespace strata
