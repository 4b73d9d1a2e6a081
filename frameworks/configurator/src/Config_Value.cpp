// SPDX-License-Identifier: Apache-2.0
#include <strata/configurator/Config_Value.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include "Suggestion.h"

namespace strata {
inline namespace v1 {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array<Unit, 7> duration_units{{{"d", 86'400'000'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};
constexpr std::array<Unit, 9> size_units{{{"GiB", 1 << 30},
                                          {"GB", 1'000'000'000},
                                          {"MiB", 1 << 20},
                                          {"MB", 1'000'000},
                                          {"KiB", 1 << 10},
                                          {"kB", 1'000},
                                          {"KB", 1'000},
                                          {"B", 1},
                                          {"", 1}}};

constexpr std::string_view duration_form = "a duration such as 30s, 250ms, 5m or 1h";
constexpr std::string_view size_form = "a size such as 512, 64KiB or 1MB";

/// Digits and what follows them.
struct Measure {
  std::int64_t number = 0;
  std::string_view unit;
};

std::optional<Measure> split(std::string_view text) noexcept {
  Measure measure;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), measure.number);
  if (error != std::errc{} || text.front() == '-') return std::nullopt;
  measure.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return measure;
}

template <std::size_t n>
std::optional<std::int64_t> scaled(const std::array<Unit, n>& units, const Measure& measure) noexcept {
  const auto unit = std::ranges::find(units, measure.unit, &Unit::name);
  std::int64_t product = 0;
  if (unit == units.end() || __builtin_mul_overflow(measure.number, unit->factor, &product)) return std::nullopt;
  return product;
}

template <std::size_t n>
std::string shown(const std::array<Unit, n>& units, std::int64_t value, std::string_view zero) {
  if (value == 0) return std::string{zero};
  for (const Unit& unit : units) {
    if (value % unit.factor == 0 && !unit.name.empty()) {
      return std::to_string(value / unit.factor) + std::string{unit.name};
    }
  }
  return std::to_string(value);
}

/// The scalar's text, or null with the error told. `quotable`: text in quotes is as good.
const std::string* scalar_of(const Config_Node& node, std::string_view wanted, bool quotable, Config_Errors& errors) {
  if (node.is_scalar() && (quotable || !node.quoted())) return &node.scalar();
  errors.expected(node, wanted);
  return nullptr;
}

bool is_name(std::string_view text) noexcept {
  constexpr std::size_t longest = 64;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, fits);
}

bool in_range(std::int64_t value, const Field& field) noexcept { return value >= field.least && value <= field.most; }

void out_of_range(const Config_Node& node, const std::string& least, const std::string& most, Config_Errors& errors) {
  errors.at_value(node, in_quotes(node.scalar()) + " is not within " + least + " and " + most);
}

}  // namespace

namespace detail {

bool expect_kind(const Config_Node& node, Config_Node::Kind kind, Config_Errors& errors) {
  if (node.kind() == kind) return true;
  errors.expected(node, kind == Config_Node::Kind::sequence ? "a list" : "a mapping of keys and values");
  return false;
}

void read_integer(const Config_Node& node, const Field& field, std::int64_t& value, Config_Errors& errors) {
  const std::string* text = scalar_of(node, "a whole number", false, errors);
  if (text == nullptr) return;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc::invalid_argument || end != text->data() + text->size()) {
    return errors.expected(node, "a whole number");
  }
  if (error != std::errc{} || !in_range(number, field)) {
    return out_of_range(node, std::to_string(field.least), std::to_string(field.most), errors);
  }
  value = number;
}

void read_size(const Config_Node& node, const Field& field, std::int64_t& value, Config_Errors& errors) {
  const std::string* text = scalar_of(node, size_form, false, errors);
  if (text == nullptr) return;
  const std::optional<Measure> measure = split(*text);
  const std::optional<std::int64_t> bytes = measure ? scaled(size_units, *measure) : std::nullopt;
  if (!bytes) return errors.expected(node, size_form);
  if (!in_range(*bytes, field)) {
    return out_of_range(node, show_size(static_cast<std::uint64_t>(field.least)),
                        show_size(static_cast<std::uint64_t>(field.most)), errors);
  }
  value = *bytes;
}

std::string show_size(std::uint64_t bytes) {
  constexpr std::array<Unit, 3> binary{{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}};
  return shown(binary, static_cast<std::int64_t>(bytes), "0");
}

std::string flow_text(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-:*";
  const bool safe = !text.empty() && text.find_first_not_of(plain) == text.npos && text.back() != ':' &&
                    text.front() != ':' && text.front() != '*' && text.front() != '-' && text != "null" &&
                    text != "Null" && text != "NULL";
  const bool number = text.size() > 1 && text.front() == '-' && text.find_first_not_of("0123456789", 1) == text.npos;
  if (safe || number) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      quoted += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
  }
  return quoted += '"';
}

void read_choice(const Config_Node& node, Choices words, std::size_t& index, Config_Errors& errors) {
  std::string allowed = "one of:";
  for (const std::string_view word : words) allowed += ' ' + std::string{word};
  const std::string* text = scalar_of(node, allowed, true, errors);
  if (text == nullptr) return;
  const auto found = std::ranges::find(words, *text);
  if (found == words.end()) {
    return errors.at_value(node, in_quotes(*text) + " is not " + allowed + did_you_mean(*text, words));
  }
  index = static_cast<std::size_t>(found - words.begin());
}

}  // namespace detail

void Value_Type<bool>::read(const Config_Node& node, const Field&, bool& value, Config_Errors& errors) {
  const std::string* text = scalar_of(node, shape.name, false, errors);
  if (text == nullptr) return;
  if (*text != "true" && *text != "false") return errors.expected(node, shape.name);
  value = *text == "true";
}

void Value_Type<Duration>::read(const Config_Node& node, const Field& field, Duration& value, Config_Errors& errors) {
  const std::string* text = scalar_of(node, duration_form, false, errors);
  if (text == nullptr) return;
  const std::optional<Measure> measure = split(*text);
  if (measure && measure->unit.empty()) {
    return errors.at_value(node, in_quotes(*text) + " has no unit; write " + *text + "s or " + *text + "ms");
  }
  const std::optional<std::int64_t> time = measure ? scaled(duration_units, *measure) : std::nullopt;
  if (!time) return errors.expected(node, duration_form);
  if (!in_range(*time, field))
    return out_of_range(node, show(Duration{field.least}), show(Duration{field.most}), errors);
  value = Duration{*time};
}

std::string Value_Type<Duration>::show(Duration value) { return shown(duration_units, value.count(), "0s"); }

void Value_Type<std::string>::read(const Config_Node& node, const Field& field, std::string& value,
                                   Config_Errors& errors) {
  if (field.choices != nullptr) {
    const Choices words = field.choices(field);
    std::size_t index = words.size();
    detail::read_choice(node, words, index, errors);
    if (index < words.size()) value = words[index];
    return;
  }
  if (const std::string* text = scalar_of(node, "text", true, errors)) value = *text;
}

void Permissions_Type::read(const Config_Node& node, const Field&, unsigned& value, Config_Errors& errors) {
  constexpr std::string_view form = "permissions such as 0660";
  const std::string* text = scalar_of(node, form, true, errors);
  if (text == nullptr) return;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bits, 8);
  const bool whole = error == std::errc{} && end == text->data() + text->size();
  if (!whole || bits > 0777) return errors.expected(node, form);
  value = bits;
}

std::string Permissions_Type::show(unsigned value) {
  if (value == 0) return "0";
  std::string text;
  for (unsigned shift = 9; shift != 0; shift -= 3) text += static_cast<char>('0' + (value >> (shift - 3) & 7));
  return '0' + text;
}

void Name_Type::read(const Config_Node& node, const Field&, std::string& value, Config_Errors& errors) {
  constexpr std::string_view form = "1 to 64 letters, digits, - or _";
  const std::string* text = scalar_of(node, form, true, errors);
  if (text == nullptr) return;
  if (!is_name(*text)) return errors.expected(node, form);
  value = *text;
}

void Value_Type<std::optional<Endpoint>>::read(const Config_Node& node, const Field&, std::optional<Endpoint>& value,
                                               Config_Errors& errors) {
  const std::string* text = scalar_of(node, "an endpoint such as tcp://127.0.0.1:7007", true, errors);
  if (text == nullptr) return;
  std::expected<Endpoint, Parse_Error> endpoint = Endpoint::parse(*text);
  if (!endpoint) return errors.at_value(node, endpoint.error().what, endpoint.error().offset);
  value = std::move(*endpoint);
}

void Value_Type<std::vector<Endpoint>>::read(const Config_Node& node, const Field& field, std::vector<Endpoint>& values,
                                             Config_Errors& errors) {
  if (node.is_sequence() && node.size() == 0) return errors.at_value(node, "is empty: at least one is needed");
  std::vector<Endpoint> found;
  const auto read_one = [&](const Config_Node& item) {
    std::optional<Endpoint> one;
    Value_Type<std::optional<Endpoint>>::read(item, field, one, errors);
    if (!one) return;
    if (std::ranges::find(found, *one) != found.end()) return errors.at_value(item, one->to_text() + " stands twice");
    found.push_back(std::move(*one));
  };
  if (node.is_sequence()) {
    for (const Config_Node& item : node) read_one(item);
  } else {
    read_one(node);
  }
  if (!found.empty()) values = std::move(found);
}

std::string Value_Type<std::vector<Endpoint>>::show(const std::vector<Endpoint>& values) {
  std::string text;
  for (const Endpoint& value : values) text += (text.empty() ? "" : ", ") + detail::flow_text(value.to_text());
  return values.size() > 1 ? '[' + text + ']' : text;
}

}  // namespace v1
}  // namespace strata
