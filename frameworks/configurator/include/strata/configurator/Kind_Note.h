// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <strata/configurator/Abi.h>
#include <strata/configurator/Config_Field.h>
#include <strata/os/Export.h>

// What STRATA_SERVICE writes into a binary's note `Strata` (elf(5), "Notes"): one JSON text for each kind, made by the
// compiler, so that the kind and its options are known before any of the binary's code runs. Shown by
// `readelf -p .note.strata libecho.so`. Its reader is src/Kind_Note_Reader.cpp.
namespace strata {
inline namespace STRATA_EXPORT v1 {
namespace detail {

inline constexpr std::string_view note_owner = "Strata";
inline constexpr std::uint32_t note_type = 1;

/// What a note says of a kind beside its options.
struct Noted_Kind {
  std::string_view name;
  bool accepts = false;               ///< it is an Acceptor<H>: the framework's options are its too
  bool client_speaks_first = false;   ///< of H
  bool by_operations = false;         ///< it is an Asynch_Acceptor<H>
  bool takes_datagrams = false;       ///< it is a Dgram_Server<H>
  bool reflects = false;              ///< of H
  std::span<const Field> options{};  ///< its own
};

/// Writes JSON where there is a place for it; counts in any case.
class Note_Writer {
 public:
  constexpr explicit Note_Writer(char* to) noexcept : to_(to) {}
  constexpr std::size_t size() const noexcept { return size_; }

  constexpr void kind(const Noted_Kind& kind) {
    raw("{\"abi\":");
    text(abi_text());
    member("kind", kind.name);
    raw(kind.accepts ? ",\"accepts\":true" : "");
    raw(kind.client_speaks_first ? ",\"client_speaks_first\":true" : "");
    raw(kind.by_operations ? ",\"by_operations\":true" : "");
    raw(kind.takes_datagrams ? ",\"takes_datagrams\":true" : "");
    raw(kind.reflects ? ",\"reflects\":true" : "");
    raw(",\"options\":[");
    for (std::size_t i = 0; i < kind.options.size(); ++i) {
      raw(i == 0 ? "{" : ",{");
      option(kind.options[i]);
      raw("}");
    }
    raw("]}");
  }

 private:
  constexpr void option(const Field& field) {
    raw("\"key\":");
    text(field.key);
    member("help", field.help);
    raw(field.required ? ",\"required\":true" : "");
    raw(",\"type\":");
    field.chosen_late ? text("text") : shape(*field.shape);
    if (field.least != std::numeric_limits<std::int64_t>::min()) number("least", field.least);
    if (field.most != std::numeric_limits<std::int64_t>::max()) number("most", field.most);
    if (field.initial->kind == Initial_Value::Kind::number) number("default", field.initial->number);
    if (field.initial->kind == Initial_Value::Kind::text) member("default", field.initial->text);
  }

  constexpr void shape(const Value_Shape& shape) {
    using Kind = Value_Shape::Kind;
    switch (shape.kind) {
      case Kind::boolean: return text("boolean");
      case Kind::integer: return text("integer");
      case Kind::count: return text("count");
      case Kind::size: return text("size");
      case Kind::duration: return text("duration");
      case Kind::text: return text("text");
      case Kind::name: return text("name");
      case Kind::endpoint: return text("endpoint");
      case Kind::word: return words(shape.words);
      case Kind::list: return of_items(shape.or_one ? "one or list of" : "list of", *shape.item);
      case Kind::map: return of_items("map of", *shape.item);
      case Kind::mapping:
      case Kind::other: return text("other");
    }
  }

  constexpr void words(Choices all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      raw(i == 0 ? "[" : ",");
      text(all[i]);
    }
    raw("]");
  }

  constexpr void of_items(std::string_view what, const Value_Shape& item) {
    raw("{");
    text(what);
    raw(":");
    shape(item);
    raw("}");
  }

  constexpr void member(std::string_view key, std::string_view value) {
    raw(",");
    text(key);
    raw(":");
    text(value);
  }

  constexpr void number(std::string_view key, std::int64_t value) {
    raw(",");
    text(key);
    raw(value < 0 ? ":-" : ":");
    const std::uint64_t size = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    digits(size);
  }

  constexpr void digits(std::uint64_t value) {
    if (value >= 10) digits(value / 10);
    letter(static_cast<char>('0' + value % 10));
  }

  constexpr void text(std::string_view value) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    letter('"');
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20) {
        raw("\\u00");
        letter(hexadecimal[byte >> 4]);
        letter(hexadecimal[byte & 15]);
      } else {
        if (c == '"' || c == '\\') letter('\\');
        letter(c);
      }
    }
    letter('"');
  }

  constexpr void raw(std::string_view value) {
    for (const char c : value) letter(c);
  }
  constexpr void letter(char c) {
    if (to_ != nullptr) to_[size_] = c;
    ++size_;
  }

  char* to_;
  std::size_t size_ = 0;
};

/// An entry of a note section; sizes in bytes, parts padded to four.
template <std::size_t n>
struct Kind_Note {
  std::uint32_t owner_size = note_owner.size() + 1;
  std::uint32_t text_size = n;
  std::uint32_t type = note_type;
  char owner[8] = "Strata";
  char text[(n + 3) / 4 * 4]{};
};

/// `kind` is a constant expression: a function object that gives a Noted_Kind.
template <auto kind>
consteval auto kind_note() {
  constexpr std::size_t size = [] {
    Note_Writer counter{nullptr};
    counter.kind(kind());
    return counter.size();
  }();
  Kind_Note<size> note;
  Note_Writer{note.text}.kind(kind());
  return note;
}

}  // namespace detail
}  // namespace v1
}  // namespace strata
